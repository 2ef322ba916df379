import { ensurePackages, findProgram, type Need } from '../../tools/cluster/packages.ts';
import { run } from '../../tools/cluster/run.ts';

const NEEDS: readonly Need[] = [
  { file: 'python3', package: 'python3' },
  { file: 'openssl', package: 'openssl' },
];

/** Python 3 and openssl, installed where they are missing. @returns the path of python3 */
export async function ensurePython(): Promise<string> {
  const log = (line: string): void => console.error(line);
  const isRoot = process.getuid?.() === 0;
  await ensurePackages(
    { log, env: process.env, run, isRoot, find: findProgram },
    NEEDS,
    'the second verifier of ledgers needs',
  );
  return (await findProgram('python3', process.env)) ?? 'python3';
}
