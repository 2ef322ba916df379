import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { createStatements } from './statements.ts';

test('a text is prepared once, and the ones that were not used for longest are forgotten', () => {
  using database = new DatabaseSync(':memory:');
  const prepare = createStatements(database);
  const first = prepare('SELECT 0 AS n');
  const second = prepare('SELECT 1 AS n');
  for (let number = 2; number < 64; number += 1) prepare(`SELECT ${number} AS n`);
  expect(prepare('SELECT 0 AS n')).toBe(first);
  expect(prepare('SELECT 64 AS n').get()).toEqual({ n: 64 });
  expect(prepare('SELECT 0 AS n')).toBe(first);
  expect(prepare('SELECT 1 AS n')).not.toBe(second);
});
