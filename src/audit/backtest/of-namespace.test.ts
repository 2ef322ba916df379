import { expect, test } from 'vitest';
import { auditEvent } from '../../../test/builders/audit-event.ts';
import { ofNamespace } from './of-namespace.ts';

const { mayHold } = ofNamespace('mine');
const line = (namespace: string, more: object = {}) =>
  Buffer.from(JSON.stringify(auditEvent({ objectRef: { resource: 'pods', namespace, name: 'web-0' }, ...more })));

test.each<[string, boolean, Buffer]>([
  ['of the namespace is', true, line('mine')],
  ['in which a letter is spelt otherwise is, since nobody knows', true, Buffer.from('{"namespace":"m\\u0069ne"}')],
  ['of another is not, whatever words stand in it', false, line('other', { userAgent: 'mine', verb: 'mine' })],
  ['of no namespace is not', false, Buffer.from(JSON.stringify(auditEvent({ objectRef: { resource: 'nodes' } })))],
])('a line %s read', (_, expected, bytes) => {
  expect(mayHold(bytes)).toBe(expected);
});
