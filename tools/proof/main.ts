import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { repositoryRoot } from '../cluster/profiles.ts';
import { environmentDown } from '../install/main.ts';

/** The long form of tests that `make test` has in short: the same files, with SALLYPORT_PROOF=long. */
const RUNS: readonly { readonly name: string; readonly project: string; readonly files: readonly string[] }[] = [
  {
    name: 'without a cluster: approvals state by state, watches in bad weather, the ledger tampered with, killed and cut off',
    project: 'proof',
    files: [],
  },
  {
    name: 'evidence: receivers that are away or flooded, disks that are full',
    project: 'integration',
    files: [
      'test/integration/audit-modes.test.ts',
      'test/integration/audit-overload.test.ts',
      'test/integration/receiver-disk.test.ts',
    ],
  },
  {
    name: 'on a real cluster: races for one approval',
    project: 'e2e',
    files: ['test/e2e/race.test.ts', 'test/e2e/replicas.test.ts'],
  },
];

let failed = 0;
let interrupted = false;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  // The terminal sends it to the running tests too; we stay to take the cluster away.
  process.on(signal, () => {
    interrupted = true;
  });
}
for (const { name, project, files } of RUNS) {
  console.log(`\n== ${name}`);
  const code = await vitest(project, files);
  if (code !== 0) failed += 1;
  if (code !== 0 && project === 'e2e') await environmentDown('test', (line) => console.log(line));
  if (interrupted) break;
}
process.exitCode = interrupted ? 130 : failed === 0 ? 0 : 1;
console.log(`\n${failed === 0 && !interrupted ? 'every proof held' : 'not every proof held, or not every one ran'}`);

/** The exit code; what it writes goes where ours goes. */
function vitest(project: string, files: readonly string[]): Promise<number> {
  const program = join(repositoryRoot(), 'node_modules/vitest/vitest.mjs');
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [program, 'run', '--project', project, ...files], {
      cwd: repositoryRoot(),
      env: { ...process.env, SALLYPORT_PROOF: 'long' },
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    child.on('error', (error) => {
      console.error(error.message);
      resolve(1);
    });
    child.on('close', (code) => resolve(code ?? 1));
  });
}
