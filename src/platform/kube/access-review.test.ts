import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Fault, ScriptedApiServer } from '../../../test/harness/scripted-api-server.ts';
import type { AccessQuestion } from '../../ports/access-review.ts';
import { systemClock } from '../clock/system-clock.ts';
import { createAccessReview } from './access-review.ts';
import { DEFAULT_CLIENT_LIMITS, type KubeClient, loadKubeClient } from './client.ts';

const question: AccessQuestion = {
  user: { username: 'alice', uid: '7', groups: ['developers'], extra: { scopes: ['a', 'b'] } },
  verb: 'create',
  group: '',
  version: 'v1',
  resource: 'pods',
  subresource: 'exec',
  namespace: 'prod',
  name: 'web-0',
};

const answer = (status: object): Fault => ({ type: 'Json', status: 201, body: { status } });

describe('an access review', () => {
  let server: ScriptedApiServer;
  let client: KubeClient;

  beforeEach(async () => {
    server = await new ScriptedApiServer().listen();
    client = loadKubeClient({ kubeconfig: server.kubeconfig }, DEFAULT_CLIENT_LIMITS, systemClock);
  });

  afterEach(async () => {
    client.close();
    await server[Symbol.asyncDispose]();
  });

  const ask = (): Promise<boolean> => createAccessReview(client).allowed(question, new AbortController().signal);

  it('asks for exactly this user and this action', async () => {
    server.script = () => answer({ allowed: true });
    await ask();
    const { user, ...resourceAttributes } = question;
    const { username, ...rest } = user;
    expect(server.requests).toMatchObject([
      {
        method: 'POST',
        path: '/apis/authorization.k8s.io/v1/subjectaccessreviews',
        body: { kind: 'SubjectAccessReview', spec: { user: username, ...rest, resourceAttributes } },
      },
    ]);
  });

  it.each([
    ['yes', { allowed: true }, true],
    ['no', { allowed: false, reason: 'RBAC' }, false],
    ['an explicit no', { allowed: false, denied: true }, false],
    ['a contradiction, which is a no', { allowed: true, denied: true }, false],
    ['a yes in spite of a broken rule elsewhere', { allowed: true, evaluationError: 'role not found' }, true],
  ])('understands %s', async (_, status, expected) => {
    server.script = () => answer(status);
    expect(await ask()).toBe(expected);
  });

  it.each([
    ['the answer has no status', { type: 'Json', status: 201, body: {} }],
    ['the answer is no boolean', answer({ allowed: 'true' })],
    ['the API server fails', { type: 'Json', status: 500, body: {} }],
    ['nobody answers', { type: 'Reset' }],
    ['an authorizer could not be asked', answer({ allowed: false, evaluationError: 'webhook: no route to host' })],
  ] as const)('has no answer when %s', async (_, fault) => {
    server.script = () => fault;
    await expect(ask()).rejects.toThrow(Error);
  });
});
