import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { notYet, requirements } from '../e2e/requirements.ts';
import { verifies } from '../harness/verifies.ts';
import { checkCoverage, findCitations } from './find-citations.ts';
import { parseModule } from './parse-module.ts';
import { readModules } from './source-files.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The samples below cite requirements without proving them. */
const ownPath = 'test/architecture/requirements.test.ts';

describe('requirements', () => {
  test('each is cited by a test or stands in notYet, and every citation means one', () => {
    const modules = readModules(root, ['src', 'test', 'tools']).filter(({ path }) => path !== ownPath);
    const { problems, open } = checkCoverage(requirements, notYet, findCitations(modules));
    if (open.length > 0) console.info(`requirements without a test: ${open.join(' ')}`);
    expect(problems).toEqual([]);
  });

  test('verifies is the prefix that is looked for', () => {
    const title = `test('${verifies('R10', 'README-line')}one digest', f)`;
    expect(citedBy(title)).toEqual(['R10', 'README-line']);
  });

  test.each<[string, string, string[]]>([
    ['a title', "test('[R10 R11] one digest', f)", ['R10', 'R11']],
    ['a title in a template', 'test(`[R10] ${name}`, f)', ['R10']],
    ['the key of a table', "const cases = { '[R24] the first denial ends it': 1 }", ['R24']],
    ['a call of verifies', "test(verifies('R1', 'R2') + 'x', f)", ['R1', 'R2']],
    ['an id that does not exist', "test('[R99] x', f)", ['R99']],
    ['other brackets', "test('[-]snapshot [redacted] [R1 or so] list[0]', f)", []],
    ['a comment', '// [R10]\n', []],
  ])('a citation is found in %s', (_, text, ids) => {
    expect(citedBy(text)).toEqual(ids);
  });

  test('only test files cite', () => {
    expect(findCitations([parseModule('src/cli/a.ts', "const a = '[R10]';")])).toEqual([]);
  });

  test.each<[string, string[], string[], string[]]>([
    ['everything cited', [], ['R1', 'R2'], []],
    ['one open', ['R2'], ['R1'], []],
    ['one forgotten', [], ['R1'], ['R2: no test cites it']],
    ['one cited and still in notYet', ['R2'], ['R1', 'R2'], ['notYet: R2 has a test now; take it out']],
    ['an unknown citation', [], ['R1', 'R2', 'R9'], ['a.test.ts: cites R9, which is no requirement']],
    ['an unknown id in notYet', ['R9'], ['R1', 'R2'], ['notYet: R9 is no requirement']],
  ])('coverage with %s', (_, open, cited, problems) => {
    const citations = cited.map((id) => ({ id, path: 'a.test.ts' }));
    expect(checkCoverage([{ id: 'R1' }, { id: 'R2' }], open, citations).problems).toEqual(problems);
  });
});

function citedBy(text: string): string[] {
  return findCitations([parseModule('src/cli/a.test.ts', text)]).map(({ id }) => id);
}
