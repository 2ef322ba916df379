import { expect, test } from 'vitest';
import { deadlineOf } from './deadline.ts';

const NOW = 1_000_000;

const left: Record<string, readonly [string, number]> = {
  'the timeout of the URL less 3 s': ['/gate/connect?timeout=30s', 27_000],
  'what a caller with little time left gave': ['/gate/write?timeout=5s', 2_000],
  'nothing where the timeout is shorter than the margin': ['/gate/write?timeout=2s', 0],
  'nothing for a timeout of 0': ['/gate/write?timeout=0s', 0],
  'no more than the API server ever waits': ['/gate/write?timeout=99s', 27_000],
  'the default where there is no timeout': ['/gate/write', 7_000],
  'the default for a timeout in minutes': ['/gate/write?timeout=1m', 7_000],
  'the default for a negative timeout': ['/gate/write?timeout=-1s', 7_000],
  'the default for a timeout that is too long to be one': ['/gate/write?timeout=100000s', 7_000],
  'the first of two timeouts': ['/gate/write?timeout=4s&timeout=30s', 1_000],
};

test.each(Object.entries(left))('leaves %s', (_sentence, [url, ms]) => {
  expect(deadlineOf(url, NOW) - NOW).toBe(ms);
});
