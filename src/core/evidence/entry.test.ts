import { expect, test } from 'vitest';
import { entryOf } from './entry.ts';
import type { EvidenceRecord } from './evidence-record.ts';

test('an alarm is found by what was done', () => {
  const data = { alarm: 'Bypass', message: 'm', at: '2026-11-20T10:00:00Z', verb: 'delete', evidence: [] } as const;
  const record = { seq: 1, prev: '', time: '2026-11-20T10:00:01Z', kind: 'Alarm', id: 'alarm/Bypass/1', data };
  expect(entryOf(record as EvidenceRecord)).toMatchObject({ kind: 'Alarm', verb: 'delete', outcome: 'Bypass' });
});
