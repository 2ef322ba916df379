import { appendFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { eventually } from '../../../test/harness/eventually.ts';
import { testFolder } from '../../../test/harness/test-folder.ts';
import { FakeClock } from '../../ports/fake-clock.ts';
import { openSpool, type Spool } from './open-spool.ts';
import { type Refused, ship } from './ship.ts';

let directory = '';
let spool: Spool;
const clock = new FakeClock();
const told: string[] = [];
const sent: string[][] = [];
let answer: (records: readonly string[]) => Promise<readonly Refused[]>;
let stop = new AbortController();
let running: Promise<void> | undefined;

beforeEach(async () => {
  directory = await testFolder();
  spool = await openSpool({ directory, maxBytes: 1024 * 1024, clock });
  [told.length, sent.length] = [0, 0];
  answer = () => Promise.resolve([]);
  stop = new AbortController();
});
afterEach(async () => {
  stop.abort(new Error('stopped'));
  await running;
  await spool.close();
});

function start(): void {
  const events = {
    observed: () => undefined,
    shipped: (records: number) => told.push(`shipped ${records}`),
    refused: (decision: string, problem: string) => told.push(`refused ${decision}: ${problem}`),
    damaged: (lines: number) => told.push(`damaged ${lines}`),
    unreachable: () => told.push('unreachable'),
    reachable: () => told.push('reachable'),
  };
  const send = (records: readonly string[]) => {
    sent.push([...records]);
    return answer(records);
  };
  running = ship({ spool, send, clock, random: () => 0, events }, stop.signal);
}

/** Time passes, and what reads the disk meanwhile gets its turn. */
async function pass(seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second += 1) {
    await clock.advance(1_000);
    await delay(10);
  }
}

const record = (id: string) => JSON.stringify({ id });

test('what is appended is sent at once, and not again', async () => {
  start();
  await spool.append([record('a')]);
  await eventually(() => told.length === 1, 'the first');
  await spool.append([record('b'), record('c')]);
  await eventually(() => told.length === 2, 'the second');
  expect(sent).toEqual([[record('a')], [record('b'), record('c')]]);
  expect(spool.waiting().records).toBe(0);
});

test('is tried until it was taken, less and less often, and said once', async () => {
  answer = () => Promise.reject(new Error('ECONNREFUSED'));
  await spool.append([record('a')]);
  start();
  await eventually(() => told.includes('unreachable'), 'the failure');
  await pass(60);
  const tries = sent.length;
  expect(tries).toBeGreaterThan(5);
  expect(tries).toBeLessThan(20);
  expect(spool.waiting().records).toBe(1);
  answer = () => Promise.resolve([]);
  await pass(16);
  await eventually(() => told.includes('reachable'), 'the success');
  expect(told).toEqual(['unreachable', 'shipped 1', 'reachable']);
  expect(new Set(sent.flat())).toEqual(new Set([record('a')]));
});

test('what is refused for good is said by its id, and does not stop the rest', async () => {
  answer = () => Promise.resolve([{ index: 1, problem: 'code: invalid' }]);
  await spool.append([record('a'), record('b'), record('c')]);
  start();
  await eventually(() => told.length === 2, 'the answer');
  expect(told).toEqual(['refused b: code: invalid', 'shipped 2']);
  expect(spool.waiting().records).toBe(0);
});

test('damaged lines are counted, and nothing is sent for them', async () => {
  await spool.close();
  const file = join(directory, '00000000000000000001.spool');
  await appendFile(file, 'garbage\nmore garbage\n');
  expect(await readdir(directory)).toHaveLength(1);
  spool = await openSpool({ directory, maxBytes: 1024 * 1024, clock });
  start();
  await eventually(() => told.includes('damaged 2'), 'the damage');
  await spool.append([record('a')]);
  await eventually(() => sent.length === 1, 'the record');
  expect(sent).toEqual([[record('a')]]);
});
