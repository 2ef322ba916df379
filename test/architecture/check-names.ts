import type { SourceModule } from './parse-module.ts';

/** A file that is longer holds more than one concept. */
const MAX_LINES = 300;

/** Tables of tests are long, and each row is read by itself. */
const MAX_TEST_LINES = 500;

const KEBAB_CASE_PATH = /^([a-z0-9]+(-[a-z0-9]+)*\/)*[a-z0-9]+(-[a-z0-9]+)*(\.test)?\.tsx?$/;

/** Every break of the rules on files and exports, as `path: what is wrong`. */
export function checkNames(modules: readonly SourceModule[]): string[] {
  return modules.flatMap(({ path, lines, hasDefaultExport, isBarrel }) => {
    const problems: string[] = [];
    if (!KEBAB_CASE_PATH.test(path)) problems.push('is not in kebab-case');
    const most = path.endsWith('.test.ts') ? MAX_TEST_LINES : MAX_LINES;
    if (lines > most) problems.push(`has ${lines} lines, more than ${most}`);
    if (hasDefaultExport) problems.push('has a default export');
    if (isBarrel) problems.push('only passes on what other files export');
    return problems.map((problem) => `${path}: ${problem}`);
  });
}
