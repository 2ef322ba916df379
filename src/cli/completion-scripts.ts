import { readFile } from 'node:fs/promises';

/** What a shell sources, or kubectl finds on the PATH, by whose it is. All of them ask `kubectl-sallyport __complete`. */
const FILES = {
  bash: 'kubectl-sallyport.bash',
  zsh: 'kubectl-sallyport.zsh',
  fish: 'kubectl-sallyport.fish',
  kubectl: 'kubectl_complete-sallyport',
} as const;
export type Shell = keyof typeof FILES;
export const SHELLS = Object.keys(FILES);

/** The verb that the scripts call. */
export const COMPLETE = '__complete';

export async function completionScript(shell: Shell): Promise<string> {
  return await readFile(new URL(`completions/${FILES[shell]}`, import.meta.url), 'utf8');
}
