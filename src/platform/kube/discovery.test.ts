import { expect, test } from 'vitest';
import { ScriptedApiServer } from '../../../test/harness/scripted-api-server.ts';
import { systemClock } from '../clock/system-clock.ts';
import { DEFAULT_CLIENT_LIMITS, loadKubeClient } from './client.ts';
import { createDiscovery } from './discovery.ts';

const ANSWERS: Readonly<Record<string, object>> = {
  '/apis': {
    kind: 'APIGroupList',
    groups: [
      { name: 'apps', versions: [{ groupVersion: 'apps/v1', version: 'v1' }] },
      { name: 'example.com', versions: [{ groupVersion: 'example.com/v1', version: 'v1' }] },
    ],
  },
  '/api/v1': { kind: 'APIResourceList', resources: [{ name: 'pods' }, { name: 'pods/exec' }] },
  '/apis/apps/v1': { kind: 'APIResourceList', resources: [{ name: 'deployments' }, { name: 'deployments/scale' }] },
  '/apis/example.com/v1': { kind: 'APIResourceList', resources: [{ name: 'webs/console' }] },
};

test('the subresources of the groups that are asked for', async () => {
  await using server = await new ScriptedApiServer().listen();
  server.script = ({ path }) => {
    const body = ANSWERS[path];
    return body === undefined ? undefined : { type: 'Json', status: 200, body };
  };
  const client = loadKubeClient({ kubeconfig: server.kubeconfig }, DEFAULT_CLIENT_LIMITS, systemClock);
  const { signal } = new AbortController();
  const ofGroup = (group: string) => group !== 'example.com';
  expect(await createDiscovery(client).subresources(ofGroup, signal)).toEqual(['pods/exec', 'deployments.apps/scale']);
  expect(server.requests.map(({ path }) => path)).not.toContain('/apis/example.com/v1');
  client.close();
});
