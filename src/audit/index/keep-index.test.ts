import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { decisionSubmission } from '../../../test/builders/stored-records.ts';
import { eventually } from '../../../test/harness/eventually.ts';
import { hastyClock } from '../../../test/harness/hasty-clock.ts';
import { systemClock } from '../../platform/clock/system-clock.ts';
import { silentLogger } from '../../platform/telemetry/logger.ts';
import { createMetrics } from '../../platform/telemetry/metrics.ts';
import { FakeLedger } from '../../ports/fake-ledger.ts';
import type { EvidenceIndex } from './evidence-index.ts';
import { createIndexEvents } from './index-events.ts';
import { keepIndex, type KeptIndex } from './keep-index.ts';
import { searchOf } from './search.ts';
import { openSqliteIndex } from './sqlite/sqlite-index.ts';

const NEVER = new AbortController().signal;

describe('the index that is kept', () => {
  let directory = '';
  let ledger = new FakeLedger(systemClock);
  let stop = new AbortController();
  let running: Promise<void> | undefined;
  let kept: KeptIndex | undefined;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sallyport-kept-'));
    ledger = new FakeLedger(systemClock);
  });
  afterEach(async () => {
    await stopped();
    await rm(directory, { recursive: true, force: true });
  });

  const open = (): Promise<EvidenceIndex> => openSqliteIndex({ directory, ledger: ledger.id, searchMs: 5_000 });
  const start = (openIndex = open): KeptIndex => {
    stop = new AbortController();
    const metrics = createMetrics({ processMetrics: false });
    texts = async () => (await metrics.render()).text;
    kept = keepIndex({
      ledger,
      open: openIndex,
      discard: () => rm(directory, { recursive: true }),
      limits: { records: 10, bytes: 1_000_000 },
      // Its ten seconds between two attempts are two hundredths of one.
      clock: hastyClock(500),
      random: () => 0.5,
      events: createIndexEvents(silentLogger, metrics),
    });
    running = kept.run(stop.signal);
    return kept;
  };
  const stopped = async (): Promise<void> => {
    stop.abort();
    await running;
  };
  let texts: () => Promise<string> = () => Promise.resolve('');
  const append = async (from: number, to: number): Promise<void> => {
    for (let id = from; id <= to; id += 1) await ledger.append([decisionSubmission({ id: `${id}` })]);
  };
  const caughtUp = (): Promise<void> =>
    eventually(() => kept?.indexed() === ledger.head()?.seq && kept?.current() !== undefined, 'caught up', 15_000);
  const ids = async (): Promise<string[]> => {
    const { hits } = (await kept?.current()?.find(searchOf({ limit: 500 }, undefined), NEVER)) ?? { hits: [] };
    return hits.map(({ id }) => id.replace('decision/', '')).sort((one, other) => Number(one) - Number(other));
  };
  const upTo = (count: number, from = 1): string[] =>
    Array.from({ length: count - from + 1 }, (_, place) => String(from + place));

  test('follows the ledger, and goes on where it was after a restart', async () => {
    await append(1, 25);
    start();
    await caughtUp();
    await append(26, 30);
    await caughtUp();
    expect(await ids()).toEqual(upTo(30));
    await stopped();
    await append(31, 33);
    start();
    await caughtUp();
    expect(await ids()).toEqual(upTo(33));
    expect(await texts()).toMatch(/^sallyport_evidence_index_records_total 3$/m);
    expect(await texts()).toMatch(/^sallyport_evidence_index_lag_records 0$/m);
  });

  test('is made anew from the ledger when it was deleted', async () => {
    await append(1, 25);
    start();
    await caughtUp();
    await stopped();
    await rm(directory, { recursive: true });
    start();
    await caughtUp();
    expect(await ids()).toEqual(upTo(25));
  });

  test('is made anew when a search finds it corrupt', async () => {
    await append(1, 5);
    start();
    await caughtUp();
    const day = new Date().toISOString().slice(0, 10);
    for (const file of ['sqlite', 'sqlite-wal'])
      await writeFile(join(directory, `${day}.${file}`), 'x'.repeat(1_000_000));
    await expect(ids()).rejects.toMatchObject({ code: 'Corrupt' });
    await eventually(() => kept?.current() === undefined, 'closed');
    await caughtUp();
    expect(await ids()).toEqual(upTo(5));
  });

  test('is made anew when retention was faster than it', async () => {
    await append(1, 5);
    start();
    await caughtUp();
    await stopped();
    await append(6, 20);
    ledger.prunedTo = 9;
    start();
    await caughtUp();
    expect(await ids()).toEqual(upTo(20, 10));
  });

  test('is left alone, and behind, when its records are not those of the ledger', async () => {
    await append(1, 5);
    start();
    await caughtUp();
    await stopped();
    ledger = new FakeLedger(systemClock);
    await append(100, 120);
    start();
    let text = '';
    await eventually(() => {
      void texts().then((now) => (text = now));
      return /failures_total\{doing="Open",code="Diverged"\} [1-9]/.test(text);
    }, 'told');
    expect(text).toMatch(/^sallyport_evidence_index_records_total 0$/m);
    await stopped();
    await using index = await open();
    expect(await index.cursor()).toMatchObject({ first: 1, seq: 5 });
  });

  test('waits for a database that is away', async () => {
    await append(1, 5);
    let attempts = 0;
    start(async () => {
      attempts += 1;
      if (attempts < 3) throw new Error('away');
      return await open();
    });
    expect(kept?.current()).toBeUndefined();
    await caughtUp();
    expect(await ids()).toEqual(upTo(5));
    expect(attempts).toBe(3);
  });
});
