import { describeError } from './describe-error.ts';
import type { ExitCode } from './exit-code.ts';
import { EXIT } from './exit-code.ts';
import { type CliDeps, createProgram } from './program.ts';

/** Runs one command line; never throws. @param args what stands after `kubectl sallyport` */
export async function run(args: readonly string[], deps: CliDeps): Promise<ExitCode> {
  try {
    await createProgram(deps).parseAsync(args, { from: 'user' });
    return EXIT.ok;
  } catch (error) {
    const { exitCode, line } = describeError(error);
    if (line !== undefined) deps.streams.stderr(`error: ${line}\n`);
    return exitCode;
  }
}
