import { afterAll, expect, test } from 'vitest';
import { achieves } from '../harness/achieves.ts';
import { changedConfig } from './harness/changed-config.ts';
import { json, kubectl, must, mustApply } from './harness/kubectl.ts';

const API_SERVICE = 'apiservice/v1alpha1.evidence.sallyport.dev';

let restore: () => Promise<void> = () => Promise.resolve();
afterAll(async () => {
  await restore();
});

test('the API of evidence, switched off, is registered no more, and namespaces can be deleted; switched on it is there again', async () => {
  const { metadata } = await json<{ metadata: object }>('admin', ['get', API_SERVICE]);
  expect(metadata).toMatchObject({ annotations: { 'sallyport.dev/registered-by': 'sallyport-system' } });
  restore = await changedConfig((config) => {
    const { audit } = config as { audit: { readApi?: object } };
    const { readApi: _off, ...kept } = audit;
    return { ...config, audit: kept };
  });
  await achieves('its registration to be gone', async () => {
    expect((await kubectl('admin', ['get', API_SERVICE])).stderr).toContain('NotFound');
  });
  const name = `evidence-off-${Date.now().toString(36)}`;
  await mustApply('admin', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  // A group that nobody serves would keep it in Terminating.
  await must('admin', ['delete', 'namespace', name, '--timeout=50s']);

  await restore();
  restore = () => Promise.resolve();
  await achieves('it to be registered', () => must('admin', ['get', API_SERVICE]), 30_000);
  await must('admin', ['wait', '--for=condition=Available', '--timeout=30s', API_SERVICE]);
  await achieves('evidence to be read', () => must('bob', ['get', 'records', '-n', 'prod']));
});
