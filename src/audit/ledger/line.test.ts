import { expect, test } from 'vitest';
import { parseRecord, readEnvelope } from './line.ts';

const START = `{"seq":2,"prev":"${'0'.repeat(64)}","time":"2026-01-01T00:00:00.000Z","kind":"Use","id":"use/d","data":`;
const record = (rest: string) => parseRecord(Buffer.from(START + rest));

test('a record is read as its envelope says', () => {
  expect(record('{"decision":"ü"}}')).toEqual({
    seq: 2,
    prev: '0'.repeat(64),
    time: '2026-01-01T00:00:00.000Z',
    kind: 'Use',
    id: 'use/d',
    data: { decision: 'ü' },
  });
});

test.each([
  ['members behind the data', '{},"kind":"Alarm","seq":2,"data":{"alarm":"Bypass"}}'],
  ['a member behind the data', '{},"kind":"Alarm"}'],
  ['something behind the record', '{}}}'],
  ['no end', '{"decision":"d"'],
])('a line with %s is no record, since two readers would make two of it', (_, rest) => {
  expect(() => record(rest)).toThrow(SyntaxError);
});

test('a line that begins otherwise is no record', () => {
  const other = Buffer.from(`{"kind":"Use",${START.slice(1)}{}}`);
  expect(readEnvelope(other)).toBe(undefined);
  expect(() => parseRecord(other)).toThrow(SyntaxError);
});
