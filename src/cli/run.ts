import { COMPLETE } from './completion-scripts.ts';
import { answerShell } from './completion-verbs.ts';
import { describeError } from './describe-error.ts';
import { EXIT } from './exit-code.ts';
import type { CliDeps } from './deps.ts';
import { createProgram } from './program.ts';

/** Runs one command line; never throws. Resolves with the exit code. @param args what stands after `kubectl sallyport` */
export async function run(args: readonly string[], deps: CliDeps): Promise<number> {
  try {
    const program = createProgram(deps);
    // Before anything is parsed: what is typed halfway is no wrong usage.
    if (args[0] === COMPLETE) await answerShell(program, args.slice(1), deps);
    else await program.parseAsync(args, { from: 'user' });
    return EXIT.ok;
  } catch (error) {
    const { exitCode, line } = describeError(error);
    if (line !== undefined) deps.streams.stderr(`error: ${line}\n`);
    return exitCode;
  }
}
