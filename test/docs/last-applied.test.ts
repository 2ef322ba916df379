import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { updateAttributes } from '../builders/attributes.ts';
import { describeAction } from '../../src/core/attributes/action.ts';
import { digestOf } from '../../src/core/attributes/digest.ts';
import type { JsonObject } from '../../src/core/attributes/json.ts';

const ANNOTATION = 'kubectl.kubernetes.io/last-applied-configuration';
const POINTER = '/metadata/annotations/kubectl.kubernetes.io~1last-applied-configuration';

/** As client-side kubectl apply leaves it: every value a second time, in the annotation. */
const applied = (x: string): JsonObject => ({
  metadata: { name: 'c', namespace: 'prod', uid: 'u', annotations: { [ANNOTATION]: JSON.stringify({ data: { x } }) } },
  data: { x },
});

function digest(from: string, to: string, ignored: readonly string[]): string {
  const change = updateAttributes(applied(to), applied(from), { group: '', resource: 'configmaps', name: 'c' });
  const described = describeAction(change, (value) => value, ignored);
  if (described.kind !== 'Action') throw new Error(described.kind);
  return digestOf(described.action);
}

test('the annotation of kubectl apply binds what is ignored, until it is ignored as docs/policy.md says', () => {
  expect(digest('1', '2', ['/data/x'])).not.toBe(digest('2', '3', ['/data/x']));
  expect(digest('1', '2', ['/data/x', POINTER])).toBe(digest('2', '3', ['/data/x', POINTER]));
  const page = readFileSync(new URL('../../docs/policy.md', import.meta.url), 'utf8');
  expect(page).toContain(`Ignore \`${POINTER}\``);
});
