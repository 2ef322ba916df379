/**
 * The prefix of a test's title that cites what it proves, such as `[R10 R11] `. The ids stand in
 * `test/e2e/requirements.ts`; an id that is not there fails the tests of the architecture.
 */
export function verifies(...ids: readonly [string, ...string[]]): string {
  return `[${ids.join(' ')}] `;
}
