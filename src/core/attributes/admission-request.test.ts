import { assert, constantFrom, jsonValue, oneof, property, string } from 'fast-check';
import { expect, test } from 'vitest';
import { admissionReview as review } from '../../../test/builders/admission-review.ts';
import { admissionReview, asWritten } from './admission-request.ts';

/** Every path of a review that either reading looks at, and some that neither does. */
const PATHS = [
  'apiVersion kind response request request.uid request.kind request.kind.group request.kind.version request.kind.kind',
  'request.resource request.resource.group request.resource.version request.resource.resource request.subResource',
  'request.name request.namespace request.operation request.userInfo request.userInfo.username request.userInfo.uid',
  'request.userInfo.groups request.userInfo.extra request.userInfo.extra.key request.userInfo.extra.__proto__',
  'request.object request.oldObject request.options request.dryRun request.requestKind other request.__proto__',
].flatMap((line) => line.split(' '));

test('what is read at once is what the schema reads too', () => {
  let atOnce = 0;
  const values = oneof(
    jsonValue({ maxDepth: 2 }),
    constantFrom<unknown>('', 'a', null, true, [], {}, ['a'], [1], { a: ['b'] }, 'CONNECT', 'DELETE', 'u'.repeat(129)),
    string(),
  );
  assert(
    property(constantFrom(...PATHS), values, constantFrom('Put', 'Leave', 'Remove'), (path, value, change) => {
      const body: unknown = JSON.parse(JSON.stringify(review()));
      edit(body, path.split('.'), value, change);
      const written = asWritten(body);
      if (written === undefined) return;
      atOnce += 1;
      const parsed = admissionReview.safeParse(body);
      expect(parsed.success).toBe(true);
      expect(JSON.parse(JSON.stringify(written))).toEqual(JSON.parse(JSON.stringify(parsed.data?.request)));
      expect(written.object ?? undefined).toBe(parsed.data?.request.object ?? undefined);
    }),
    { numRuns: 2000 },
  );
  expect(atOnce).toBeGreaterThan(500);
});

test('a review as the API server writes it is read at once', () => {
  expect(asWritten(review())).toMatchObject({ uid: review().request.uid, operation: 'CONNECT' });
});

function edit(body: unknown, path: readonly string[], value: unknown, change: 'Put' | 'Leave' | 'Remove'): void {
  if (change === 'Leave') return;
  const parent = path.slice(0, -1).reduce((at, key) => (at as Record<string, unknown>)[key], body);
  const key = path.at(-1) ?? '';
  if (change === 'Remove') Reflect.deleteProperty(parent as object, key);
  else Object.defineProperty(parent, key, { value, enumerable: true, configurable: true, writable: true });
}
