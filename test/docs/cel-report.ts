import type { FileResult } from '../conformance/cel-conformance.ts';

interface Row {
  readonly file: string;
  readonly name: string;
  readonly expr: string;
  readonly why: string;
}

/** What docs/cel.md says of the conformance tests. */
export function celReport(files: readonly FileResult[]): string {
  const failures = files.flatMap(({ file, results }) =>
    results.flatMap(({ name, expr, verdict }) =>
      verdict.kind === 'Failed' ? [{ file, name, expr, why: verdict.why }] : [],
    ),
  );
  const [refused, silent] = partition(failures, ({ why }) => why.startsWith('refused: ') || why.startsWith('error: '));
  return [
    table(files),
    `### Decided otherwise (${silent.length})`,
    '',
    'Accepted, and the answer is not that of the tests: mind these when a policy is moved from a',
    'ValidatingAdmissionPolicy.',
    '',
    ...silent.map(({ file, name, expr, why }) => `- \`${file}/${name}\`: ${code(expr)}: ${why}`),
    '',
    `### Refused (${refused.length})`,
    '',
    'Refused when the policy is applied, with the reason, or an error that denies: nothing is decided by them.',
    '',
    ...reasons(refused),
    '',
  ].join('\n');
}

function table(files: readonly FileResult[]): string {
  const counts = files
    .filter(({ results }) => results.length > 0)
    .map(({ file, results }) => {
      const count = (kind: string): number => results.filter(({ verdict }) => verdict.kind === kind).length;
      return { file, passed: count('Passed'), failed: count('Failed'), skipped: count('Skipped') };
    });
  const total = (of: 'passed' | 'failed' | 'skipped'): number => counts.reduce((sum, each) => sum + each[of], 0);
  return [
    '| File | Passed | Failed | Skipped |',
    '|---|---|---|---|',
    ...counts.map(({ file, passed, failed, skipped }) => `| ${file} | ${passed} | ${failed} | ${skipped} |`),
    `| **all** | **${total('passed')}** | **${total('failed')}** | **${total('skipped')}** |`,
    '',
    '',
  ].join('\n');
}

/** One line a reason, the commonest first, with the files where it stands. */
function reasons(rows: readonly Row[]): string[] {
  const byReason = new Map<string, Row[]>();
  for (const row of rows) byReason.set(row.why, [...(byReason.get(row.why) ?? []), row]);
  return [...byReason]
    .sort(([a, x], [b, y]) => y.length - x.length || (a < b ? -1 : 1))
    .map(([why, of]) => {
      const files = [...new Set(of.map(({ file }) => file))].join(', ');
      return `- ${code(why.replace(/^(refused|error): /, ''))}: ${of.length} of ${files}, such as ${code(of[0]?.expr ?? '')}`;
    });
}

const LONGEST = 80;

/** As inline code on one line; a backtick would end it. */
function code(text: string): string {
  const line = Array.from(text.replaceAll(/\s+/g, ' ').replaceAll('`', "'"))
    .map((character) => ((character.codePointAt(0) ?? 0) < 0x20 ? '?' : character))
    .join('')
    .trim();
  return `\`${line.length > LONGEST ? `${line.slice(0, LONGEST - 1)}…` : line}\``;
}

function partition<T>(list: readonly T[], holds: (item: T) => boolean): [T[], T[]] {
  return [list.filter((item) => holds(item)), list.filter((item) => !holds(item))];
}
