import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { pinned } from '../admission/pinned.ts';
import { peakRssMiB } from '../admission/process-usage.ts';
import { testCertificates } from '../../test/harness/test-certificates.ts';
import { AUDIT_NODE_FLAGS } from '../../tools/install/node-options.ts';
import { writeBetween } from './page.ts';
import { retain, touchMemory } from './disk.ts';
import { EVENT_LEVELS } from './batches.ts';
import { pace, saturate } from './load.ts';
import { CEILING, number, type Pair, perCpuSecond, ratioOf, report } from './report.ts';
import type { ServerJob } from './servers/server-job.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    /** CPU-seconds of one measurement. */
    seconds: { type: 'string', default: '3' },
    /** Of the run at 4,000 events a second: long enough for its slope to mean something. */
    pace: { type: 'string', default: '600' },
    // Whether it works at all; the page is left as it is.
    smoke: { type: 'boolean', default: false },
  },
});
const [rounds, seconds, paced] = values.smoke
  ? [1, 0.3, 2]
  : [Number(values.rounds), Number(values.seconds), Number(values.pace)];

const log = (line: string): void => console.error(line);
const folder = join(import.meta.dirname, '..', 'results');
await mkdir(folder, { recursive: true });
const directory = await mkdtemp(join(folder, 'ledger-'));
const [tls] = testCertificates('kube-apiserver');
const job: ServerJob = {
  certificate: tls.cert,
  key: tls.key,
  clientAuthority: tls.ca,
  clientName: 'kube-apiserver',
  directory,
};
const children: ChildProcess[] = [];

async function start(name: string, flags: readonly string[]) {
  const [command, args] = pinned('server', [
    process.execPath,
    ...flags,
    join(import.meta.dirname, 'servers', `${name}.ts`),
  ]);
  const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  children.push(child);
  child.send(job);
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  return { port, pid: child.pid ?? 0, ca: tls.ca, cert: tls.clientCert, key: tls.clientKey };
}

let stopRetaining = async (): Promise<void> => {};

try {
  const floor = await start('floor', AUDIT_NODE_FLAGS);
  const ours = await start('receiver', AUDIT_NODE_FLAGS);
  if (!values.smoke) await touchMemory(directory);
  stopRetaining = retain(directory);
  const warmUp = values.smoke ? 0.2 : 2;
  for (const level of EVENT_LEVELS) for (const target of [floor, ours]) await saturate(target, warmUp, level);
  const pairs: Pair[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    for (const level of EVENT_LEVELS) {
      const pair = {
        level,
        floor: await saturate(floor, seconds, level),
        ours: await saturate(ours, seconds, level),
      };
      pairs.push(pair);
      log(
        `${round}/${rounds} ${level}: floor ${number(perCpuSecond(pair.floor))}, receiver ${number(perCpuSecond(pair.ours))} ` +
          `events a CPU-second, ${ratioOf(pair).toFixed(3)}; refused ${pair.ours.refused}`,
      );
    }
  }
  const atCeiling = await pace(ours, CEILING, paced);
  const text = report(pairs, atCeiling, await peakRssMiB(ours.pid));
  log(text);
  if (!values.smoke && rounds >= 5) {
    await writeFile(join(folder, 'audit.json'), `${JSON.stringify({ pairs, atCeiling }, undefined, 1)}\n`);
    await writeBetween(join(import.meta.dirname, '..', 'README.md'), 'make bench, audit', text);
  }
} finally {
  for (const child of children) {
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }
  await stopRetaining();
  await rm(directory, { recursive: true, force: true });
}
