import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { testFolder } from '../../../../test/harness/test-folder.ts';
import type { EvidenceQuery } from '../../../core/evidence/query.ts';
import { FILTERS, type Row } from '../columns.ts';
import { searchOf } from '../search.ts';
import { type DayFile, openDayFile } from './day-file.ts';
import { searchDay, statementsOf } from './day-search.ts';

const LEDGER = '6a5e1c1e-4f0e-4b7e-9d10-0c64d2f5a001';
const COUNT = 60_000;

describe('a search in the database of one day', () => {
  let directory = '';
  let file: DayFile | undefined;

  beforeEach(async () => {
    directory = await testFolder();
    file = openDayFile(join(directory, 'day.sqlite'), '2026-11-20', false);
  });
  afterEach(async () => {
    file?.close();
  });

  const common: Readonly<Record<string, Omit<EvidenceQuery, 'limit'>>> = {
    'everything, newest first': {},
    'everything, oldest first': { order: 'OldestFirst' },
    'a stretch of time': { since: '2026-11-20T10:00:00Z', until: '2026-11-20T11:00:00Z' },
    'some kinds': { kinds: ['Decision', 'Vote', 'Alarm'] },
    'a person since yesterday': { person: 'alice@example.com', since: '2026-11-19T10:00:00Z' },
    'what a user did to a resource': { user: 'alice', resource: 'pods/exec', verb: 'connect' },
    'one object': { namespace: 'prod', name: 'web-0', resource: 'pods' },
    'one namespace': { namespace: 'prod' },
    'one request': { request: 'prod/exec-web-0', kinds: ['Vote'] },
    'one decision': { decision: 'd-1' },
    'what was denied': { outcome: 'Denied' },
    'what was deleted': { verb: 'delete' },
  };
  test.each(Object.entries(common))('%s goes along an index, and sorts nothing', (_, query) => {
    for (const { sql, values } of statementsOf(searchOf({ ...query, limit: 50 }, { at: 5, ledger: LEDGER, seq: 5 }))) {
      const plan = file?.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...values) ?? [];
      const details = plan.map(({ detail }) => String(detail));
      expect(details).toEqual([
        expect.stringMatching(/^SEARCH entries USING INDEX entries_\w+ \((\w+=\? AND )?at[<>]/),
      ]);
    }
  });

  test('walks on stretch by stretch to the one that is wanted, however rare it is', () => {
    fill(({ seq }) => (seq === 7 ? 'get' : 'list'));
    let looks = 0;
    const search = searchOf({ user: 'alice', verb: 'get', limit: 5 }, undefined);
    const check = (): void => {
      looks += 1;
    };
    const found = searchDay(prepare(), { search, floor: 0, limit: 5, check });
    expect(found.map(({ seq }) => seq)).toEqual([7]);
    expect(looks).toBe(Math.ceil(COUNT / 20_001));
  });

  test('stops between two stretches when it is told to', () => {
    fill(() => 'list');
    let looks = 0;
    const search = searchOf({ user: 'alice', verb: 'get', limit: 5 }, undefined);
    const check = (): void => {
      looks += 1;
      if (looks === 2) throw new Error('stopped');
    };
    expect(() => searchDay(prepare(), { search, floor: 0, limit: 5, check })).toThrow('stopped');
    expect(looks).toBe(2);
  });

  test('every column that a query names is a column of the table', () => {
    const columns = prepare()('SELECT name FROM pragma_table_info(?)')
      .all('entries')
      .map(({ name }) => String(name));
    expect(columns).toEqual(expect.arrayContaining([...FILTERS, 'kind', 'at']));
  });

  const prepare = (): DayFile['prepare'] => {
    if (file === undefined) throw new Error('no file');
    return file.prepare;
  };
  /** All by alice, and all at one time but for their numbers. */
  const fill = (verbOf: (row: { readonly seq: number }) => string): void => {
    const rows = Array.from({ length: COUNT }, (_, number): Row => {
      const seq = number + 1;
      const none = Object.fromEntries(FILTERS.map((column) => [column, null])) as Row['filters'];
      const filters = { ...none, user: 'alice', verb: verbOf({ seq }) };
      return { seq, id: `e/${seq}`, kind: 'AuditEvent', at: 1, filters, segment: 1, offset: 0, length: 1, hash: '00' };
    });
    file?.add(LEDGER, { day: '2026-11-20', first: 1, last: COUNT, hash: '00', rows });
  };
});
