import { expect, test } from 'vitest';
import type { JsonObject } from '../core/attributes/json.ts';
import { asAdmitted } from './as-admitted.ts';

const job = (fields: JsonObject | undefined): JsonObject => ({
  metadata: {
    labels: { 'job-name': 'a' },
    ...(fields === undefined ? {} : { managedFields: [{ fieldsV1: { 'f:metadata': fields } }] }),
  },
});

test('the labels that a Job takes from its pods when it is read back are none of its author', () => {
  expect(asAdmitted('batch', 'jobs', job({ 'f:generateName': {} }))).toEqual({
    metadata: { managedFields: [{ fieldsV1: { 'f:metadata': { 'f:generateName': {} } } }] },
  });
});

test.each<readonly [string, string, string, JsonObject]>([
  ['labels that its author wrote', 'batch', 'jobs', job({ 'f:labels': { 'f:job-name': {} } })],
  ['labels of which nobody knows who wrote them', 'batch', 'jobs', job(undefined)],
  ['labels of another kind', 'batch', 'cronjobs', job({})],
])('%s stay', (_, group, plural, object) => {
  expect(asAdmitted(group, plural, object)).toBe(object);
});
