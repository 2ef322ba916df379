import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { checkNames } from './check-names.ts';
import { parseModule } from './parse-module.ts';
import { readModules } from './source-files.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

describe('names of files and exports', () => {
  test('every file keeps the rules', () => {
    expect(checkNames(readModules(root, ['src', 'test', 'tools', 'bench']))).toEqual([]);
  });

  test.each<[string, string, string, string[]]>([
    ['camel case', 'src/cli/openOrJoin.ts', 'export const a = 1;', ['is not in kebab-case']],
    ['a folder in camel case', 'src/ownKinds/a.ts', 'export const a = 1;', ['is not in kebab-case']],
    ['301 lines', 'src/cli/a.ts', '//\n'.repeat(301), ['has 301 lines, more than 300']],
    ['501 lines of tests', 'src/cli/a.test.ts', '//\n'.repeat(501), ['has 501 lines, more than 500']],
    ['a default export', 'src/cli/a.ts', 'export default function a() {}', ['has a default export']],
    ['a default by renaming', 'src/cli/a.ts', 'const a = 1; export { a as default };', ['has a default export']],
    ['a barrel of names', 'src/cli/a.ts', "export { b } from './b.ts';", ['only passes on what other files export']],
    ['a barrel of everything', 'src/cli/a.ts', "export * from './b.ts';", ['only passes on what other files export']],
    [
      'a barrel in two steps',
      'src/cli/a.ts',
      "import { b } from './b.ts'; export { b };",
      ['only passes on what other files export'],
    ],
  ])('the checker refuses %s', (_, path, text, problems) => {
    expect(checkNames([parseModule(path, text)])).toEqual(problems.map((problem) => `${path}: ${problem}`));
  });

  test.each<[string, string, string]>([
    ['300 lines', 'src/cli/a.ts', '//\n'.repeat(300)],
    ['a test beside its subject', 'src/cli/open-or-join.test.ts', "import './a.ts';"],
    ['a re-export beside something of its own', 'src/cli/a.ts', "export { b } from './b.ts'; export const c = 1;"],
    ['a file that only imports', 'src/bin/sallyport.ts', "import './serve.ts';"],
  ])('the checker allows %s', (_, path, text) => {
    expect(checkNames([parseModule(path, text)])).toEqual([]);
  });
});
