import { describe, expect, test } from 'vitest';
import { decisionRecord } from '../../../test/builders/decision-record.ts';
import type { DecisionSubmission } from '../../core/evidence/decision-submission.ts';
import { FakeClock } from '../../ports/fake-clock.ts';
import { createQueuedRecorder, type RecordSink } from './queued-recorder.ts';

class FakeSink implements RecordSink {
  readonly kept: string[] = [];
  readonly groups: number[] = [];
  /** Records that it has room for. */
  room = Number.POSITIVE_INFINITY;
  toSpare = true;
  failure: Error | undefined;
  /** The next append waits for it. */
  gate: Promise<void> | undefined;

  hasRoom(records: number): boolean {
    return records <= this.room;
  }

  hasRoomToSpare(): boolean {
    return this.toSpare;
  }

  async append(submissions: readonly DecisionSubmission[]): Promise<void> {
    await this.gate;
    if (this.failure !== undefined) throw this.failure;
    if (submissions.some(({ data }) => data.detail === 'too long')) throw new RangeError('too long');
    this.groups.push(submissions.length);
    this.kept.push(...submissions.map(({ id }) => id));
  }

  refuses(error: unknown): boolean {
    return error instanceof RangeError;
  }
}

function world() {
  const sink = new FakeSink();
  const clock = new FakeClock();
  const told: string[] = [];
  const recorder = createQueuedRecorder(sink, {
    clock,
    random: () => 0,
    events: {
      waiting: () => undefined,
      failed: () => told.push('failed'),
      recovered: (seconds) => told.push(`recovered after ${seconds} s`),
      lost: (decision, why) => told.push(`lost ${decision}: ${why}`),
    },
  });
  return { sink, clock, told, recorder };
}

const allowed = (id: string) => decisionRecord({ id, verdict: 'Allowed', code: 'Approved' });
const denied = (id: string) => decisionRecord({ id, verdict: 'Denied', code: 'Denied' });
const DISK = new Error('ENOSPC');

describe('a recorder', () => {
  test('commits in groups: what comes while one is under way goes with the next', async () => {
    const { sink, recorder } = world();
    const gate = Promise.withResolvers<void>();
    sink.gate = gate.promise;
    const first = ['a', 'b'].map((id) => recorder.record(allowed(id)));
    await new Promise(setImmediate);
    const more = ['c', 'd', 'e'].map((id) => recorder.record(denied(id)));
    gate.resolve();
    expect(await Promise.all([...first, ...more])).toEqual(['Kept', 'Kept', 'Kept', 'Kept', 'Kept']);
    expect(sink.groups).toEqual([2, 3]);
    expect(sink.kept).toEqual(['decision/a', 'decision/b', 'decision/c', 'decision/d', 'decision/e']);
  });

  test('says at once that a record is not kept, keeps it later all the same, and has no room meanwhile', async () => {
    const { sink, clock, told, recorder } = world();
    sink.failure = DISK;
    expect(await recorder.record(allowed('a'))).toBe('Lost');
    expect(recorder.hasRoom()).toBe(false);
    void recorder.record(denied('b'));
    await clock.advance(10_000);
    expect(told).toEqual(['failed']);
    sink.failure = undefined;
    await clock.advance(1_000);
    expect(sink.kept).toEqual(['decision/a', 'decision/b']);
    expect(recorder.hasRoom()).toBe(true);
    expect(told.map((line) => line.replace(/\d+.* s/, 'N s'))).toEqual(['failed', 'recovered after N s']);
  });

  test('has no room while the disk hangs, or was slow, so that no approval is spent for nothing', async () => {
    const { sink, clock, recorder } = world();
    const gate = Promise.withResolvers<void>();
    sink.gate = gate.promise;
    const first = recorder.record(denied('a'));
    await new Promise(setImmediate);
    expect(recorder.hasRoom()).toBe(true);
    await clock.advance(1_501);
    expect(recorder.hasRoom()).toBe(false);
    gate.resolve();
    expect(await first).toBe('Kept');
    expect(recorder.hasRoom()).toBe(false);
    // What is refused meanwhile shows when it is well again; where nothing is recorded, time does.
    expect(await recorder.record(denied('b'))).toBe('Kept');
    expect(recorder.hasRoom()).toBe(true);
    const next = Promise.withResolvers<void>();
    sink.gate = next.promise;
    void recorder.record(denied('c'));
    await new Promise(setImmediate);
    await clock.advance(1_600);
    next.resolve();
    await new Promise(setImmediate);
    expect(recorder.hasRoom()).toBe(false);
    await clock.advance(2_000);
    expect(recorder.hasRoom()).toBe(true);
  });

  test('what will never be taken is lost alone, and is no reason to stop', async () => {
    const { sink, told, recorder } = world();
    const keeping = ['a', 'b', 'c'].map((id) =>
      recorder.record(decisionRecord({ id, ...(id === 'b' ? { detail: 'too long' } : {}) })),
    );
    expect(await Promise.all(keeping)).toEqual(['Kept', 'Lost', 'Kept']);
    expect(sink.kept).toEqual(['decision/a', 'decision/c']);
    expect(told).toEqual(['lost b: Refused']);
    expect(recorder.hasRoom()).toBe(true);
  });

  test('is bounded, and its last quarter is for what must be kept', async () => {
    const { sink, told, recorder } = world();
    sink.gate = new Promise(() => undefined);
    for (let index = 0; index < 3_072; index += 1) void recorder.record(denied(`d${index}`));
    expect(await recorder.record(denied('one-more'))).toBe('Lost');
    expect(told).toEqual(['lost one-more: Full']);
    for (let index = 0; index < 1_024; index += 1) {
      expect(recorder.hasRoom()).toBe(true);
      void recorder.record(allowed(`a${index}`));
    }
    expect(recorder.hasRoom()).toBe(false);
    expect(await recorder.record(allowed('last'))).toBe('Lost');
  });

  test('takes only what must be kept where room is short, and the rest when there is more', async () => {
    const { sink, clock, recorder } = world();
    sink.toSpare = false;
    void recorder.record(denied('a'));
    expect(recorder.hasRoom()).toBe(true);
    expect(await recorder.record(allowed('b'))).toBe('Kept');
    expect(sink.kept).toEqual(['decision/b']);
    sink.room = 0;
    expect(recorder.hasRoom()).toBe(false);
    sink.room = 10;
    sink.toSpare = true;
    await clock.advance(1_000);
    expect(sink.kept).toEqual(['decision/b', 'decision/a']);
  });

  test('has no room where its sink says so, and takes all the same what comes', async () => {
    const { sink, recorder } = world();
    sink.room = 0;
    expect(recorder.hasRoom()).toBe(false);
    expect(await recorder.record(denied('a'))).toBe('Kept');
    sink.room = 1;
    expect(recorder.hasRoom()).toBe(true);
  });

  test('asks for the room of all that waits and must be kept', () => {
    const { sink, recorder } = world();
    sink.gate = new Promise(() => undefined);
    sink.room = 3;
    void recorder.record(denied('a'));
    for (const id of ['b', 'c']) {
      expect(recorder.hasRoom()).toBe(true);
      void recorder.record(allowed(id));
    }
    expect(recorder.hasRoom()).toBe(true);
    void recorder.record(allowed('d'));
    expect(recorder.hasRoom()).toBe(false);
  });

  test('what was refused because it was not kept has an id of its own', async () => {
    const { sink, recorder } = world();
    await recorder.record(allowed('a'));
    await recorder.record(decisionRecord({ id: 'a', verdict: 'Denied', code: 'Unrecorded' }));
    expect(sink.kept).toEqual(['decision/a', 'decision/a/unrecorded']);
  });

  test('at the end tries once more, and says what was lost', async () => {
    const { sink, told, recorder } = world();
    void recorder.record(allowed('a'));
    await recorder.close();
    expect(sink.kept).toEqual(['decision/a']);
    expect(await recorder.record(allowed('late'))).toBe('Lost');
    const broken = world();
    broken.sink.failure = DISK;
    void broken.recorder.record(denied('b'));
    await broken.recorder.close();
    expect(told).toEqual(['lost late: Closed']);
    expect(broken.told).toEqual(['failed', 'lost b: Closed']);
  });
});
