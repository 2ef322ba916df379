import { describe, expect, test } from 'vitest';
import { decisions, EVIDENCE } from '../../../test/builders/evidence.ts';
import { FakeClock } from '../../ports/fake-clock.ts';
import { FakeLedger } from '../../ports/fake-ledger.ts';
import { silentLogger } from '../../platform/telemetry/logger.ts';
import { createMetrics } from '../../platform/telemetry/metrics.ts';
import type { Cursor } from '../ledger/follow.ts';
import { FakeSink } from './fake-sink.ts';
import { type RunSinkDeps, type RunSinkOptions, runSink } from './run-sink.ts';
import { SinkDelayedError, type SinkMessage, SinkRefusedError } from './sink.ts';
import { createSinkEvents } from './sink-events.ts';

const TIME = Date.parse('2026-01-01T00:00:00Z');

function world(options: Partial<RunSinkOptions> = {}, deps: Partial<RunSinkDeps> = {}) {
  const clock = new FakeClock(TIME);
  const ledger = new FakeLedger(clock);
  const sink = new FakeSink();
  const metrics = createMetrics({ processMetrics: false });
  const errors: [object, string][] = [];
  const log = { ...silentLogger, error: (fields: object, message: string) => void errors.push([fields, message]) };
  const events = createSinkEvents(log, metrics, ['siem', 'other']);
  const saved = { seq: 0 };
  const cursor: Cursor = {
    load: async () => saved.seq,
    save: async (seq) => {
      saved.seq = seq;
    },
  };
  const start = async (to: FakeSink = sink, name = 'siem', at: Cursor = cursor) => {
    const stop = new AbortController();
    const running = runSink(
      {
        sink: to,
        kinds: ['Decision', 'Vote', 'Alarm'],
        batch: { records: 4, bytes: 1_000_000 },
        lingerMs: 0,
        messageBytes: 100_000,
        ...options,
      },
      {
        ledger,
        cursor: at,
        readHead: async () => undefined,
        clock,
        random: () => 0.5,
        events: events(name),
        ...deps,
      },
      stop.signal,
    );
    await clock.advance(0);
    return async () => {
      stop.abort();
      await running;
    };
  };
  const metric = async (name: string) => {
    const { text } = await metrics.render();
    const line = text.split('\n').find((one) => one.startsWith(`sallyport_sink_${name} `));
    return Number(line?.split(' ').at(-1));
  };
  return { clock, ledger, sink, start, saved, errors, metric };
}

const has = (seq: number) => (batch: readonly SinkMessage[]) => batch.some((message) => message.seq === seq);

describe('a sink', () => {
  test('gets what it asks for, in order, in batches, and its cursor follows', async () => {
    const { clock, ledger, sink, start, saved, metric } = world();
    await ledger.append([...decisions(5), EVIDENCE.AuditEvent, EVIDENCE.Vote]);
    const stop = await start();
    await clock.advance(0);
    expect(sink.taken.map((batch) => batch.map(({ seq }) => seq))).toEqual([
      [1, 2, 3, 4],
      [5, 7],
    ]);
    expect(saved.seq).toBe(7);
    await ledger.append(decisions(1, 100));
    await clock.advance(0);
    expect(sink.seqs).toEqual([1, 2, 3, 4, 5, 7, 8]);
    expect(await metric('records_total{sink="siem",result="Sent"}')).toBe(7);
    await stop();
  });

  test('that is down gets everything when it is back, and the lag shows meanwhile', async () => {
    const { clock, ledger, sink, start, saved, metric } = world();
    sink.judge = () => new SinkDelayedError('Unreachable', 'ECONNREFUSED');
    const stop = await start();
    await ledger.append(decisions(6));
    await clock.advance(60_000);
    expect(saved.seq).toBe(0);
    expect(await metric('lag_records{sink="siem"}')).toBe(6);
    expect(await metric('lag_seconds{sink="siem"}')).toBe(60);
    expect(await metric('failures_total{sink="siem",code="Unreachable"}')).toBeGreaterThan(4);
    sink.judge = () => undefined;
    await clock.advance(90_000);
    expect(sink.seqs).toEqual([1, 2, 3, 4, 5, 6]);
    expect(await metric('lag_records{sink="siem"}')).toBe(0);
    await stop();
  });

  test('that says when to come back is left alone until then', async () => {
    const { clock, ledger, sink, start } = world();
    sink.answers.push(new SinkDelayedError('Busy', 'the receiver answered 429', 40_000));
    await ledger.append(decisions(1));
    const stop = await start();
    await clock.advance(39_999);
    expect(sink.attempts).toHaveLength(1);
    await clock.advance(1);
    expect(sink.seqs).toEqual([1]);
    await stop();
  });

  test('that hangs keeps neither the ledger nor another sink', async () => {
    const { clock, ledger, sink, start } = world();
    sink.answers.push('Hangs', 'Hangs');
    const other = new FakeSink();
    const stops = [await start(), await start(other, 'other', { load: async () => 0, save: async () => undefined })];
    await ledger.append(decisions(3));
    await clock.advance(1_000);
    expect(other.seqs).toEqual([1, 2, 3]);
    await Promise.all(stops.map((stop) => stop()));
  });

  test('that refuses one record gets all others, and the one is skipped loudly', async () => {
    const { clock, ledger, sink, start, saved, errors, metric } = world({ batch: { records: 8, bytes: 1_000_000 } });
    sink.judge = (batch) =>
      has(6)(batch) ? new SinkRefusedError('BadRequest', 'the receiver answered 400') : undefined;
    await ledger.append(decisions(8));
    const stop = await start();
    await clock.advance(0);
    expect(sink.seqs).toEqual([1, 2, 3, 4, 5, 7, 8]);
    expect(saved.seq).toBe(8);
    expect(errors).toEqual([
      [
        expect.objectContaining({ sink: 'siem', id: `${ledger.id}/6`, code: 'BadRequest' }),
        expect.stringContaining('skipped'),
      ],
    ]);
    expect(await metric('records_total{sink="siem",result="Skipped"}')).toBe(1);
    await stop();
  });

  test('that refuses everything is waited for, and nothing is skipped', async () => {
    const { clock, ledger, sink, start, saved, errors, metric } = world();
    sink.judge = () => new SinkRefusedError('BadRequest', 'the receiver answered 400');
    await ledger.append(decisions(3));
    const stop = await start();
    await clock.advance(600_000);
    expect({ saved: saved.seq, errors }).toEqual({ saved: 0, errors: [] });
    expect(sink.attempts.length).toBeLessThan(60);
    expect(await metric('failures_total{sink="siem",code="RefusesAll"}')).toBeGreaterThan(5);
    sink.judge = () => undefined;
    await clock.advance(60_000);
    expect(sink.seqs).toEqual([1, 2, 3]);
    await stop();
  });

  test('that rejects a part of a batch is not sent it again', async () => {
    const { clock, ledger, sink, start, metric } = world();
    sink.answers.push({ rejected: 2, why: 'too old' });
    await ledger.append(decisions(3));
    const stop = await start();
    await clock.advance(60_000);
    expect(sink.attempts).toHaveLength(1);
    expect(await metric('records_total{sink="siem",result="Rejected"}')).toBe(2);
    expect(await metric('records_total{sink="siem",result="Sent"}')).toBe(1);
    await stop();
  });

  test('gets again, under the same ids, what was sent before the process was killed', async () => {
    const { clock, ledger, sink, start } = world();
    await ledger.append(decisions(3));
    const killed = await start(sink, 'siem', { load: async () => 0, save: () => new Promise(() => undefined) });
    await clock.advance(0);
    const stop = await start();
    await clock.advance(0);
    expect(sink.seqs).toEqual([1, 2, 3, 1, 2, 3]);
    expect(new Set(sink.taken.flat().map(({ id }) => id))).toEqual(new Set([1, 2, 3].map((n) => `${ledger.id}/${n}`)));
    await stop();
    killed().catch(() => undefined);
  });

  test('waits for more while its batch is young', async () => {
    const { clock, ledger, sink, start } = world({ lingerMs: 5_000 });
    const stop = await start();
    await ledger.append(decisions(1));
    await clock.advance(3_000);
    await ledger.append(decisions(1, 50));
    expect(sink.taken).toEqual([]);
    await clock.advance(2_000);
    expect(sink.taken.map((batch) => batch.length)).toEqual([2]);
    await stop();
  });

  test('learns that retention was faster than it', async () => {
    const { clock, ledger, sink, start, errors, metric } = world();
    await ledger.append(decisions(5));
    ledger.prunedTo = 3;
    const stop = await start();
    await clock.advance(0);
    expect(sink.seqs).toEqual([4, 5]);
    expect(errors.map(([, message]) => message)).toEqual(['records were removed before a sink had them']);
    expect(await metric('records_total{sink="siem",result="Missed"}')).toBe(3);
    await stop();
  });

  test('goes on from the end of a ledger that was set back behind its cursor', async () => {
    const { clock, ledger, sink, start, saved, errors } = world();
    await ledger.append(decisions(2));
    saved.seq = 900;
    const stop = await start();
    await clock.advance(0);
    await ledger.append(decisions(1, 50));
    await clock.advance(0);
    expect(sink.seqs).toEqual([3]);
    expect(errors).toHaveLength(1);
    await stop();
  });

  test('gets the checkpoint of the ledger, signed as it is, once for each', async () => {
    const head = { seq: 2, hash: 'b'.repeat(64), time: '2026-01-01T00:00:00.000Z', text: '{"signature":"…"}\n' };
    const { clock, sink, start } = world({}, { readHead: async () => head });
    const stop = await start();
    await clock.advance(60_000);
    expect(sink.taken.flat().map(({ id, document }) => [id.split('/').slice(1), document.event.original])).toEqual([
      [['head', '2'], head.text],
    ]);
    await stop();
  });

  test('gets a record that is too long for it without its line, and whole where there is room', async () => {
    const { clock, ledger, sink, start } = world({ messageBytes: 2_000 });
    const long = {
      ...EVIDENCE.Alarm,
      id: 'alarm/long',
      data: { ...EVIDENCE.Alarm.data, evidence: ['x'.repeat(3_000)] },
    };
    await ledger.append([EVIDENCE.Alarm, long]);
    const stop = await start();
    await clock.advance(0);
    const [whole, cut] = sink.taken.flat().map(({ document }) => document);
    expect(whole?.sallyport.cut).toBeUndefined();
    expect(JSON.parse(whole?.event.original ?? '')).toMatchObject({ seq: 1, data: EVIDENCE.Alarm.data });
    expect(cut).toMatchObject({ event: { sequence: 2 }, sallyport: { cut: true } });
    expect(cut?.event.original).toBeUndefined();
    await stop();
  });
});
