import { afterEach, beforeEach, expect, test } from 'vitest';
import { approvalRequest } from '../../../test/builders/approval-request.ts';
import { ScriptedApiServer } from '../../../test/harness/scripted-api-server.ts';
import { AlreadyExistsError, ConflictError } from '../../ports/approvals.ts';
import { systemClock } from '../clock/system-clock.ts';
import { createApprovals } from './approvals.ts';
import { DEFAULT_CLIENT_LIMITS, type KubeClient, loadKubeClient } from './client.ts';
import { createPods } from './pods.ts';
import { createRequestStore } from './request-store.ts';
import { createSecretStore } from './secret-store.ts';

const signal = new AbortController().signal;
const PATH = '/apis/sallyport.dev/v1alpha1/namespaces/prod/approvalrequests/exec-web-0-7f3c1a9e';

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

const answer = (status: number) => {
  server.script = () => ({ type: 'Json', status, body: {} });
};

test('a request is deleted by its uid, with what it owns', async () => {
  answer(200);
  await createRequestStore(client).remove(approvalRequest(), signal);
  expect(server.requests.map(({ method, path, body }) => ({ method, path, body }))).toEqual([
    { method: 'DELETE', path: PATH, body: { propagationPolicy: 'Background', preconditions: { uid: 'request-uid' } } },
  ]);
});

test.each([404, 409])('a deletion that is answered with %s has nothing left to do', async (status) => {
  answer(status);
  await expect(createRequestStore(client).remove(approvalRequest(), signal)).resolves.toBeUndefined();
});

test('a deletion that is forbidden fails', async () => {
  answer(403);
  await expect(createRequestStore(client).remove(approvalRequest(), signal)).rejects.toMatchObject({ status: 403 });
});

test('a status is written under the resourceVersion and the uid that were read', async () => {
  answer(200);
  await createApprovals(client).writeStatus(approvalRequest(), { state: 'Approved' }, signal);
  expect(server.requests[0]).toMatchObject({
    method: 'PUT',
    path: `${PATH}/status`,
    body: { metadata: { uid: 'request-uid', resourceVersion: '1' }, status: { state: 'Approved' } },
  });
});

test.each([404, 409])('a status that is answered with %s is a lost race', async (status) => {
  answer(status);
  await expect(createApprovals(client).writeStatus(approvalRequest(), {}, signal)).rejects.toThrow(ConflictError);
});

test('a request whose name is taken says so, and one that is not there is undefined', async () => {
  answer(409);
  await expect(createApprovals(client).open(approvalRequest(), signal)).rejects.toThrow(AlreadyExistsError);
  answer(404);
  expect(await createApprovals(client).get('prod', 'x', signal)).toBeUndefined();
  expect(await createPods(client).get('prod', 'x', signal)).toBeUndefined();
  answer(500);
  await expect(createApprovals(client).get('prod', 'x', signal)).rejects.toMatchObject({ status: 500 });
  await expect(createPods(client).get('prod', 'x', signal)).rejects.toMatchObject({ status: 500 });
});

test('a Secret is created once, replaced under its version, and lost to whoever was first', async () => {
  const store = createSecretStore(client, 'sallyport-system');
  expect(await store.read('a', signal)).toBeUndefined();
  await store.write('a', { key: 'é' }, undefined, signal);
  const read = await store.read('a', signal);
  expect(read?.values).toEqual({ key: 'é' });
  await expect(store.write('a', {}, undefined, signal)).rejects.toThrow(ConflictError);
  await store.write('a', { key: 'new' }, read?.version, signal);
  await expect(store.write('a', {}, read?.version, signal)).rejects.toThrow(ConflictError);
  expect((await store.read('a', signal))?.values).toEqual({ key: 'new' });
});
