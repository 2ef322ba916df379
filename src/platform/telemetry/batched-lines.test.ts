import { beforeEach, expect, test } from 'vitest';
import { FakeClock } from '../../ports/fake-clock.ts';
import { type BatchedLines, createBatchedLines } from './batched-lines.ts';

type Done = (error: NodeJS.ErrnoException | null, written: number) => void;

let clock: FakeClock;
let lines: BatchedLines;
let written: string[];
let lost: number;
/** What the end of the process meets, before the sink takes what it is given. */
let refusals: Error[];
let paused: number;
/** Set to keep a write under way. */
let answer: (bytes: Buffer, done: Done) => void;

const full = () => Object.assign(new Error('full'), { code: 'EAGAIN' });
const whole = (bytes: Buffer, done: Done): void => done(null, bytes.length);

beforeEach(() => {
  clock = new FakeClock();
  written = [];
  lost = 0;
  refusals = [];
  paused = 0;
  answer = whole;
  lines = createBatchedLines(
    {
      write: (bytes, done) => {
        written.push(bytes.toString());
        answer(bytes, done);
      },
      writeSync: (bytes) => {
        const refusal = refusals.shift();
        if (refusal !== undefined) throw refusal;
        written.push(`at once: ${bytes.toString()}`);
        return bytes.length;
      },
      pauseSync: (ms) => {
        paused += ms;
      },
    },
    clock,
    (count) => {
      lost += count;
    },
  );
});

test('lines of one moment are written together, within a tenth of a second', async () => {
  lines.write('a\n');
  lines.write('b\n');
  expect(written).toEqual([]);
  await clock.advance(100);
  expect(written).toEqual(['a\nb\n']);
  await clock.advance(10_000);
  expect(written).toHaveLength(1);
});

test('many lines do not wait for the moment to end', async () => {
  const line = `${'x'.repeat(1023)}\n`;
  for (let count = 0; count < 100; count += 1) lines.write(line);
  expect(written).not.toEqual([]);
  await clock.advance(200);
  expect(written.join('')).toBe(line.repeat(100));
});

test('a line that is longer than a batch, and one in another script', async () => {
  const [long, hindi] = [`${'é'.repeat(200_000)}\n`, 'नमस्ते 👋\n'];
  lines.write('a\n');
  lines.write(long);
  lines.write(hindi);
  await clock.advance(1000);
  expect(written.join('')).toBe(`a\n${long}${hindi}`);
});

test('what comes during a write follows it, in order', async () => {
  let finish: (() => void) | undefined;
  answer = (bytes, done) => {
    finish = () => done(null, bytes.length);
  };
  lines.write('1\n');
  await clock.advance(100);
  lines.write('2\n');
  lines.write('3\n');
  await clock.advance(1000);
  expect(written).toEqual(['1\n']);
  answer = whole;
  finish?.();
  await clock.advance(100);
  expect(written).toEqual(['1\n', '2\n3\n']);
});

test('the rest of a write that was cut short is written', async () => {
  answer = (_bytes, done) => {
    answer = whole;
    done(null, 2);
  };
  lines.write('hello\n');
  await clock.advance(100);
  expect(written).toEqual(['hello\n', 'llo\n']);
});

test('a pipe that is full is tried again, and nothing is lost', async () => {
  answer = (_bytes, done) => {
    answer = whole;
    done(full(), 0);
  };
  lines.write('a\n');
  await clock.advance(200);
  expect(written).toEqual(['a\n', 'a\n']);
});

test('a log that cannot be written is given up, and later lines are tried', async () => {
  answer = (_bytes, done) => {
    answer = whole;
    done(Object.assign(new Error('gone'), { code: 'EPIPE' }), 0);
  };
  lines.write('a\n');
  await clock.advance(100);
  lines.write('b\n');
  await clock.advance(100);
  expect(written).toEqual(['a\n', 'b\n']);
  expect(lost).toBe(1);
});

test('while nobody reads, what waits is bounded', async () => {
  answer = () => {};
  lines.write('first\n');
  await clock.advance(100);
  for (let count = 0; count < 100; count += 1) lines.write(`${'x'.repeat(1024 * 1024)}\n`);
  lines.flushSync();
  const kept = (written[1] ?? '').split('\n').length - 1;
  expect(written).toHaveLength(2);
  expect(written[1]?.length).toBeLessThan(6 * 1024 * 1024);
  expect(kept).toBeGreaterThan(1);
  expect(lost).toBe(100 - kept);
});

test('the end of the process writes what is left', () => {
  lines.write('last\n');
  lines.flushSync();
  lines.flushSync();
  expect(written).toEqual(['at once: last\n']);
});

test('the end of the process writes what a full pipe did not take', async () => {
  answer = (_bytes, done) => done(full(), 0);
  lines.write('first\n');
  await clock.advance(100);
  lines.write('last\n');
  lines.flushSync();
  expect(written).toEqual(['first\n', 'at once: first\nlast\n']);
  await clock.advance(1000);
  expect(written).toHaveLength(2);
});

test('the end of the process leaves to the sink what it is writing', async () => {
  answer = () => {};
  lines.write('first\n');
  await clock.advance(100);
  lines.write('last\n');
  lines.flushSync();
  expect(written).toEqual(['first\n', 'at once: last\n']);
});

test('the end of the process waits for a reader who is slow, and not for ever for one who does not read', () => {
  refusals = [full(), full(), full()];
  lines.write('last\n');
  lines.flushSync();
  expect(written).toEqual(['at once: last\n']);
  expect(paused).toBe(30);
  refusals = Array.from({ length: 1_000 }, full);
  lines.write('more\n');
  lines.flushSync();
  expect(written).toHaveLength(1);
  expect(paused).toBeLessThan(10_000);
});
