import { expect, test } from 'vitest';
import type { ApiRegistration } from '../../ports/api-registrations.ts';
import { silentLogger } from '../../platform/telemetry/logger.ts';
import { evidenceApiService } from './desired.ts';
import { createEvidenceApiWithdrawer } from './withdraw.ts';

const SYSTEM = 'sallyport-system';
const SERVICE = { namespace: 'elsewhere', name: 'sallyport-audit', port: 8448 };
const registered = evidenceApiService(SERVICE, SYSTEM, 'PEM') as ApiRegistration;
const { metadata, spec } = registered;

async function withdrawn(found: ApiRegistration | undefined, leads = true): Promise<readonly ApiRegistration[]> {
  const removed: ApiRegistration[] = [];
  const withdraw = createEvidenceApiWithdrawer({
    registrations: {
      find: async (name) => (name === found?.metadata.name ? found : undefined),
      remove: async (registration) => void removed.push(registration),
    },
    systemNamespace: SYSTEM,
    stillLeading: () => leads,
    log: silentLogger,
  });
  expect(await withdraw('only', new AbortController().signal)).toEqual({ type: 'Done' });
  return removed;
}

test('the API of evidence that we have registered, in whatever namespace it is served, is registered no more', async () => {
  expect(await withdrawn(registered)).toEqual([registered]);
});

test.each<[string, ApiRegistration | undefined, boolean?]>([
  ['there is none', undefined],
  [
    'it is of another installation',
    { spec, metadata: { ...metadata, annotations: { 'sallyport.dev/registered-by': 'x' } } },
  ],
  ['nobody says whose it is', { spec, metadata: { name: metadata.name, labels: metadata.labels ?? {} } }],
  ['it is part of something else', { spec, metadata: { ...metadata, labels: {} } }],
  ['the API server itself serves it', { spec: {}, metadata }],
  ['another leads by now', registered, false],
])('nothing is taken away where %s', async (_, found, leads) => {
  expect(await withdrawn(found, leads)).toEqual([]);
});
