import { expect, test } from 'vitest';
import { ScriptedApiServer } from '../../../test/harness/scripted-api-server.ts';
import { systemClock } from '../clock/system-clock.ts';
import { DEFAULT_CLIENT_LIMITS, loadKubeClient } from './client.ts';
import { createConfigurationWriter } from './configuration-writer.ts';

const COLLECTION = '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations';
const configuration = (webhooks: object[]) => ({
  apiVersion: 'admissionregistration.k8s.io/v1',
  kind: 'ValidatingWebhookConfiguration',
  metadata: { name: 'gate' },
  webhooks,
});

test('an empty list is not sent, at any depth: the API server would take it for a change each time', async () => {
  await using server = await new ScriptedApiServer().listen();
  const client = loadKubeClient({ kubeconfig: server.kubeconfig }, DEFAULT_CLIENT_LIMITS, systemClock);
  const writer = createConfigurationWriter(client);
  const { signal } = new AbortController();
  const entry = { name: 'a', matchConditions: [], namespaceSelector: {}, rules: [{ resources: ['pods'] }] };
  expect(await writer.apply(configuration([entry]), signal)).toBe('Written');
  expect(server.store.get(COLLECTION, 'gate')?.['webhooks']).toEqual([
    { name: 'a', namespaceSelector: {}, rules: [{ resources: ['pods'] }] },
  ]);
  expect(await writer.apply(configuration([]), signal)).toBe('Written');
  expect(server.store.get(COLLECTION, 'gate')).not.toHaveProperty('webhooks');
  client.close();
});

test('what somebody added goes', async () => {
  await using server = await new ScriptedApiServer().listen();
  const client = loadKubeClient({ kubeconfig: server.kubeconfig }, DEFAULT_CLIENT_LIMITS, systemClock);
  server.store.put(COLLECTION, { ...configuration([{ name: 'a', objectSelector: { matchLabels: { a: 'b' } } }]) });
  expect(
    await createConfigurationWriter(client).apply(configuration([{ name: 'a' }]), new AbortController().signal),
  ).toBe('Written');
  expect(server.store.get(COLLECTION, 'gate')?.['webhooks']).toEqual([{ name: 'a' }]);
  client.close();
});
