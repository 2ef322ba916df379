import { setTimeout as delay } from 'node:timers/promises';
import { CONNECTIONS, LONGEST_SECONDS, type LoadJob, type LoadResult, type Pace } from './load-job.ts';
import { type Connection, openConnection } from './connection.ts';
import { cpuSeconds } from './process-usage.ts';

// The load generator, a process of its own: it gets one LoadJob, and answers with one LoadResult.

const POLL_MS = 20;
const UID_LENGTH = 36;
const UID_MARK = '"uid":"';

interface Sender {
  readonly connection: Connection;
  /** Copies of its own where they are sent more than once: the uid is written into them. */
  readonly bodies: readonly { readonly bytes: Buffer; readonly uidAt: number }[];
}

interface Tally {
  latencies: number[];
  failures: number;
  failure: string | undefined;
}

async function run(job: LoadJob): Promise<LoadResult> {
  const target = new URL(job.url);
  const shared = bodiesOf(job);
  const senders = await Promise.all(
    Array.from(
      { length: CONNECTIONS },
      async (): Promise<Sender> => ({
        connection: await openConnection(target, job.authority),
        bodies: job.pace.kind === 'Once' ? shared : bodiesOf(job),
      }),
    ),
  );
  let sequence = 0;
  let tally: Tally = { latencies: [], failures: 0, failure: undefined };
  const verdict = `"allowed":${job.allowed}`;

  const sendOne = async (sender: Sender, dueAt = performance.now(), at = sequence): Promise<void> => {
    sequence += 1;
    const body = sender.bodies[at % sender.bodies.length];
    if (body === undefined) throw new Error('there are no bodies');
    const uid = `00000000-0000-4000-8000-${String(sequence).padStart(12, '0')}`.slice(0, UID_LENGTH);
    body.bytes.write(uid, body.uidAt, 'latin1');
    const answer = await sender.connection.exchange(body.bytes);
    tally.latencies.push(performance.now() - dueAt);
    if (answer.includes(verdict) && answer.includes(uid)) return;
    tally.failures += 1;
    tally.failure ??= answer.slice(0, 500);
  };

  const closed = async (budget: number): Promise<void> => {
    if (budget === 0) return;
    const state = { spent: false };
    const sending = senders.map(async (sender) => {
      while (!state.spent) await sendOne(sender);
    });
    const [before, deadline] = [await cpuSeconds(job.pid), performance.now() + LONGEST_SECONDS * 1000];
    while (!state.spent) {
      await delay(POLL_MS);
      state.spent = performance.now() > deadline || (await cpuSeconds(job.pid)) - before >= budget;
    }
    await Promise.all(sending);
  };

  if (job.pace.kind === 'Closed') await closed(job.pace.warmupCpuSeconds);
  tally = { latencies: [], failures: 0, failure: undefined };
  sequence = 0;
  const [startedAt, cpuBefore] = [performance.now(), await cpuSeconds(job.pid)];
  await send(job.pace);
  const [endedAt, cpuAfter] = [performance.now(), await cpuSeconds(job.pid)];
  for (const { connection } of senders) connection.close();
  const sorted = Float64Array.from(tally.latencies).sort();
  return {
    requests: sorted.length,
    failures: tally.failures,
    ...(tally.failure === undefined ? {} : { failure: tally.failure }),
    seconds: (endedAt - startedAt) / 1000,
    cpuSeconds: cpuAfter - cpuBefore,
    p50Ms: quantile(sorted, 0.5),
    p99Ms: quantile(sorted, 0.99),
  };

  async function send(pace: Pace): Promise<void> {
    switch (pace.kind) {
      case 'Closed':
        return await closed(pace.cpuSeconds);
      case 'Once':
        await Promise.all(
          senders.map(async (sender) => {
            while (sequence < job.bodies.length) await sendOne(sender);
          }),
        );
        return;
      case 'Open':
        return await open(pace.seconds, pace.perSecond);
    }
  }

  /** Spins while the next is due soon: a timer is up to a millisecond late, which is more than what is measured. */
  async function open(seconds: number, perSecond: number): Promise<void> {
    const free = [...senders];
    const underWay = new Set<Promise<void>>();
    const start = performance.now();
    const total = Math.floor(seconds * perSecond);
    for (let sent = 0; sent < total; ) {
      const dueAt = start + (sent / perSecond) * 1000;
      const sender = performance.now() < dueAt ? undefined : free.pop();
      if (sender === undefined) {
        await new Promise((resolve) => setImmediate(resolve));
        continue;
      }
      sent += 1;
      const one = sendOne(sender, dueAt).finally(() => {
        free.push(sender);
        underWay.delete(one);
      });
      underWay.add(one);
    }
    await Promise.all(underWay);
  }
}

function bodiesOf(job: LoadJob): Sender['bodies'] {
  return job.bodies.map((body) => {
    const bytes = Buffer.from(body);
    return { bytes, uidAt: bytes.indexOf(UID_MARK) + UID_MARK.length };
  });
}

function quantile(sorted: Float64Array, q: number): number {
  return sorted[Math.min(Math.floor(sorted.length * q), sorted.length - 1)] ?? Number.NaN;
}

process.once('message', (job: LoadJob) => {
  run(job).then(
    (result) => process.send?.(result, () => process.disconnect()),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});
