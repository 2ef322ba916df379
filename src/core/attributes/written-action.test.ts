import { describe, expect, test } from 'vitest';
import type { Action } from '../api/kinds.ts';
import { describeAction } from './action.ts';
import { attributesOfWritten, describeWritten, missingContent } from './written-action.ts';

const USER = { username: 'alice', groups: [], extra: {} };
const POD = { uid: 'p1', labels: {}, containers: ['app'], running: ['app'], terminating: false };
const EXEC: Action = {
  operation: 'CONNECT',
  version: 'v1',
  resource: 'pods',
  subresource: 'exec',
  namespace: 'prod',
  name: 'web-0',
};
const CREATE: Action = { operation: 'CREATE', version: 'v1', resource: 'configmaps', namespace: 'prod', name: 'a' };

describe('[R12] what cannot be asked for by hand says what to write', () => {
  test.each<[string, Action, string]>([
    ['a create without its object', CREATE, 'action.object'],
    ['an object of another name', { ...CREATE, object: { metadata: { name: 'b' } } }, 'not the name of action.object'],
    [
      'a Secret under another resource',
      { ...CREATE, object: { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'a' } } },
      'is a Secret',
    ],
    [
      'a change of a Secret',
      { ...CREATE, operation: 'UPDATE', resource: 'secrets', targetUID: 'u', changes: [{ path: '/data', new: '{}' }] },
      'its values would be read',
    ],
    ['a delete without its target', { ...CREATE, operation: 'DELETE' }, 'action.targetUID'],
    ['an exec without its command', EXEC, 'action.exec.command'],
  ])('%s', (_, action, message) => {
    expect(missingContent(action)).toContain(message);
  });
});

test('[R12] absent exec fields take what the plain command sends', () => {
  const attributes = attributesOfWritten({ ...EXEC, exec: { command: ['ls'] } }, USER, POD);
  expect(describeWritten({ ...EXEC, exec: { command: ['ls'] } }, attributes, (value) => value)).toMatchObject({
    action: {
      targetUID: 'p1',
      exec: { container: 'app', command: ['ls'], stdin: false, stdout: true, stderr: true, tty: false },
    },
  });
});

test('[R11] bytes that are not UTF-8 have all become one character: no approval is bound to them', () => {
  const attributes = attributesOfWritten({ ...EXEC, exec: { command: ['printf', 'x\ufffd'] } }, USER, POD);
  expect(describeAction(attributes, (value) => value)).toMatchObject({
    kind: 'Refused',
    message: 'the command holds bytes that are not UTF-8',
  });
});
