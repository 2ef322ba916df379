import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repositoryRoot } from '../cluster/profiles.ts';
import { environmentDown } from '../install/main.ts';
import { type Stage, STAGES } from './stages.ts';
import { closingLine, ONE_FAILED, ONE_PASSED, sum, type Tally, tallyOf } from './tally.ts';

/** The terminal sends Ctrl-C to the running stage too; we stay to clean up and to tell what we know. */
let interrupted = false;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    interrupted = true;
  });
}

const tallies: Tally[] = [];
for (const stage of STAGES) {
  console.log(`\n== ${stage.name}`);
  tallies.push(await runStage(stage));
  if (interrupted) break;
}
const total = sum(tallies);
process.exitCode = interrupted ? 130 : total.failed === 0 ? 0 : 1;
console.log(`\n${closingLine(total)}`);

async function runStage(stage: Stage): Promise<Tally> {
  switch (stage.kind) {
    case 'Command':
      return (await run('npm', ['run', '--silent', stage.script])) === 0 ? ONE_PASSED : ONE_FAILED;
    case 'Project':
      return await runProject(stage.project);
  }
}

async function runProject(project: string): Promise<Tally> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-test-'));
  const file = join(folder, 'report.json');
  try {
    const vitest = join(repositoryRoot(), 'node_modules/vitest/vitest.mjs');
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
    const code = await run(process.execPath, [vitest, 'run', '--project', project, ...reporters]);
    const report = await readFile(file, 'utf8').catch(() => undefined);
    // Without a report vitest has not come to its end, nor to the end of its environment.
    if (report === undefined && project === 'e2e') await environmentDown('test', (line) => console.log(line));
    return tallyOf(report, code);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The exit code; what it writes goes where ours goes. */
function run(program: string, args: readonly string[]): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd: repositoryRoot(), stdio: ['ignore', 'inherit', 'inherit'] });
    child.on('error', (error) => {
      console.error(error.message);
      resolve(1);
    });
    child.on('close', (code) => resolve(code ?? 1));
  });
}
