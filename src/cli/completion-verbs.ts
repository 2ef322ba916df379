import { Argument, type Command } from 'commander';
import { complete } from './complete.ts';
import { completionScript, SHELLS, type Shell } from './completion-scripts.ts';
import { completionSource } from './completion-source.ts';
import type { CliDeps } from './deps.ts';
import { verb } from './verb.ts';

export function addCompletionVerb(program: Command, deps: CliDeps): void {
  verb(program, 'completion', 'print a script that completes what is typed')
    .addArgument(new Argument('<shell>', 'whose; kubectl: of "kubectl sallyport" in every shell').choices(SHELLS))
    .action(async (shell: Shell) => deps.streams.stdout(await completionScript(shell)));
}

/** Answers a shell. Whatever goes wrong, it offers nothing and says nothing: somebody is typing. */
export async function answerShell(program: Command, words: readonly string[], deps: CliDeps): Promise<void> {
  deps.streams.stdout(
    await complete(program, words, ({ options }) =>
      completionSource(() => deps.connect({ kubeconfig: options.get('kubeconfig'), context: options.get('context') })),
    ),
  );
}
