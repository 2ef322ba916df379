import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { median, table } from '../admission/figures.ts';
import { pinned } from '../admission/pinned.ts';
import { peakRssMiB } from '../admission/process-usage.ts';
import { testCertificates } from '../../test/harness/test-certificates.ts';
import { AUDIT_NODE_FLAGS } from '../../tools/install/node-options.ts';
import { writeBetween } from './page.ts';
import { retain, touchMemory } from './disk.ts';
import { BATCH_EVENTS, createBatches } from './batches.ts';
import { type LoadResult, pace, saturate } from './load.ts';
import { slopeOf } from './slope.ts';
import type { ServerJob } from './servers/server-job.ts';

/** DESIGN: durable events against the parse-only floor. */
const AIM = 0.55;
/** What the defaults of one API server allow: ten batches of 400 a second. */
const CEILING = 4_000;
/** One core takes four times what three API servers may send. */
const AIM_EVENTS = 4 * 3 * CEILING;

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
const results = join(import.meta.dirname, '..', 'results');
await mkdir(results, { recursive: true });
const directory = await mkdtemp(join(results, 'ledger-'));
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

const perCpuSecond = ({ events, cpuSeconds }: LoadResult): number => events / cpuSeconds;

try {
  const floor = await start('floor', AUDIT_NODE_FLAGS);
  const ours = await start('receiver', AUDIT_NODE_FLAGS);
  if (!values.smoke) await touchMemory(directory);
  stopRetaining = retain(directory);
  for (const target of [floor, ours]) await saturate(target, values.smoke ? 0.2 : 2);
  const pairs: { floor: LoadResult; ours: LoadResult }[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    const pair = { floor: await saturate(floor, seconds), ours: await saturate(ours, seconds) };
    pairs.push(pair);
    log(
      `${round}/${rounds}: floor ${Math.round(perCpuSecond(pair.floor))}, receiver ${Math.round(perCpuSecond(pair.ours))} ` +
        `events a CPU-second, ${(perCpuSecond(pair.ours) / perCpuSecond(pair.floor)).toFixed(3)}; refused ${pair.ours.refused}`,
    );
  }
  const atCeiling = await pace(ours, CEILING, paced);
  const ratio = median(pairs.map((pair) => perCpuSecond(pair.ours) / perCpuSecond(pair.floor)));
  const durable = median(pairs.map((pair) => perCpuSecond(pair.ours)));
  const number = (value: number): string => Math.round(value).toLocaleString('en');
  const spread = (of: 'floor' | 'ours'): string => {
    const rates = pairs.map((pair) => perCpuSecond(pair[of]));
    return `${number(median(rates))} (${number(Math.min(...rates))} to ${number(Math.max(...rates))})`;
  };
  const warm = atCeiling.rss.slice(Math.floor(atCeiling.rss.length / 4));
  const slope = slopeOf(warm);
  const text = [
    `Measured ${new Date().toISOString().slice(0, 10)} on ${cpus().length} cores of ${cpus()[0]?.model ?? 'unknown'}, Node ${process.version}, ` +
      `${rounds} pairs of ${seconds} CPU-seconds, medians; batches of ${BATCH_EVENTS} events, ${number(createBatches(0).next().length)} bytes.`,
    '',
    ...table(
      ['Events a CPU-second', 'median (least to most)', 'p50 / p99 of a batch in ms'],
      [
        ['parse only', spread('floor'), latency(pairs.map((pair) => pair.floor))],
        ['receiver, durable', spread('ours'), latency(pairs.map((pair) => pair.ours))],
      ],
    ),
    '',
    ...table(
      ['At 4,000 events/s', 'measured'],
      [
        ['CPU', `${((atCeiling.cpuSeconds / atCeiling.seconds) * 100).toFixed(1)} % of a core`],
        ['p50 / p99 of a batch', `${atCeiling.p50Ms.toFixed(1)} / ${atCeiling.p99Ms.toFixed(1)} ms`],
        ['batches refused', `${atCeiling.refused} of ${atCeiling.refused + atCeiling.events / BATCH_EVENTS}`],
        [
          'resident memory, first and last second',
          `${number(atCeiling.rss[0] ?? 0)} and ${number(atCeiling.rss.at(-1) ?? 0)} MiB`,
        ],
        [
          'slope after the first quarter',
          `${(slope * 60).toFixed(2)} MiB a minute, over ${warm.length} s: least ${number(Math.min(...warm))}, most ${number(Math.max(...warm))} MiB`,
        ],
        ['peak, the saturated rounds included', `${number(await peakRssMiB(ours.pid))} MiB`],
      ],
    ),
    '',
    ...table(
      ['Aim', 'aimed at', 'measured', ''],
      [
        ['durable events: times parse only', `≥ ${AIM}`, ratio.toFixed(3), ratio >= AIM ? 'reached' : 'missed'],
        [
          'durable events a CPU-second: four times what three API servers may send',
          `≥ ${number(AIM_EVENTS)}`,
          number(durable),
          durable >= AIM_EVENTS ? 'reached' : 'missed',
        ],
      ],
    ),
    '',
  ].join('\n');
  log(text);
  if (!values.smoke && rounds >= 5) {
    await writeFile(join(results, 'audit.json'), `${JSON.stringify({ pairs, atCeiling }, undefined, 1)}\n`);
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

function latency(of: readonly LoadResult[]): string {
  return `${median(of.map(({ p50Ms }) => p50Ms)).toFixed(1)} / ${median(of.map(({ p99Ms }) => p99Ms)).toFixed(1)}`;
}
