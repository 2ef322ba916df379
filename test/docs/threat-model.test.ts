import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parseModule } from '../architecture/parse-module.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const page = readFileSync(`${root}/docs/threat-model.md`, 'utf8');

/** Ways round that the list has: one row each. */
const WAYS = 67;

const STATUSES = ['mitigated', 'detected', 'not yet', 'out of reach'];

interface Row {
  readonly number: number;
  readonly name: string;
  readonly status: string;
  readonly answer: string;
}

const rows: readonly Row[] = [...page.matchAll(/^\| (\d+) \| ([^|]+) \| ([^|]+) \| (.+) \|$/gm)].map(
  ([, number, name, status, answer]) => ({
    number: Number(number),
    name: name ?? '',
    status: status ?? '',
    answer: answer ?? '',
  }),
);

interface NamedTest {
  readonly path: string;
  readonly title: string;
}

/** `[fence](../test/e2e/fence.test.ts) “delete the gate”`. */
function testsOf({ answer }: Row): NamedTest[] {
  return [...answer.matchAll(/\]\(\.\.\/((?:test|src)\/[^)]+\.ts)\) “([^”]+)”/g)].map(([, path, title]) => ({
    path: path ?? '',
    title: title ?? '',
  }));
}

const strings = new Map<string, readonly string[]>();

/** The texts of a module: titles, keys of tables, and what templates are made of. */
function textsOf(path: string): readonly string[] {
  const known = strings.get(path);
  if (known !== undefined) return known;
  const read = existsSync(`${root}/${path}`) ? parseModule(path, readFileSync(`${root}/${path}`, 'utf8')).strings : [];
  strings.set(path, read);
  return read;
}

/** What cites a requirement in front, parameters, and the marks that join them are no part of a title. */
function bare(text: string): string {
  return text
    .replace(/^(\[[A-Za-z0-9 -]+\] ?)+/, '')
    .replaceAll(/%[sji]|\$[a-z]+/g, '')
    .replace(/^[ :,]+/, '')
    .replace(/[ :,(]+$/, '');
}

const isThere = ({ path, title }: NamedTest): boolean => textsOf(path).some((text) => bare(text) === bare(title));

test('every way round of the list has one row, in order within its table', () => {
  expect(rows.map(({ number }) => number)).toEqual(Array.from({ length: WAYS }, (_, index) => index + 1));
  expect(new Set(rows.map(({ name }) => name)).size).toBe(WAYS);
});

describe.each(rows.map((row) => [`${row.number}: ${row.name}`, row] as const))('%s', (_, row) => {
  test('has one of the statuses', () => {
    expect(STATUSES).toContain(row.status);
  });

  test('names what its status promises', () => {
    if (row.status === 'mitigated' || row.status === 'detected') expect(testsOf(row)).not.toEqual([]);
    else expect(row.answer).toContain('Today: ');
    if (row.status === 'detected') expect(row.answer).toMatch(/Detector: .*`[a-zA-Z_]+`/);
  });

  test('names tests that there are, by file and title', () => {
    expect(testsOf(row).filter((each) => !isThere(each))).toEqual([]);
    // A title in quotes that no link stands before would not be looked for.
    expect([...row.answer.matchAll(/“/g)]).toHaveLength(testsOf(row).length);
  });
});

test('what a test shows to be open stands on the page, and the page names no other', () => {
  const shown = textsOf('test/e2e/ways-round.test.ts').filter((text) => text.startsWith('OPEN: '));
  const named = rows.flatMap(testsOf).filter(({ title }) => title.startsWith('OPEN: '));
  expect(new Set(named.map(({ title }) => title))).toEqual(new Set(shown));
  for (const { status } of rows.filter((row) => testsOf(row).some(({ title }) => title.startsWith('OPEN: '))))
    expect(status).toBe('not yet');
});

test('the table of statuses says what the rows use', () => {
  const used = new Set(rows.map(({ status }) => status));
  for (const status of STATUSES) expect(page).toContain(`| ${status} |`);
  expect(used).toEqual(new Set(STATUSES));
});
