import { expect, test } from 'vitest';
import { readEnvironment } from './env.ts';

const PODS: Record<string, readonly [NodeJS.ProcessEnv, string | undefined]> = {
  'a pod': [{ KUBERNETES_SERVICE_HOST: '10.0.0.1', KUBERNETES_SERVICE_PORT: '443' }, 'https://10.0.0.1:443'],
  'a pod of an IPv6 cluster': [
    { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '6443' },
    'https://[fd00::1]:6443',
  ],
  'a host without a port': [{ KUBERNETES_SERVICE_HOST: '10.0.0.1', KUBERNETES_SERVICE_PORT: '' }, undefined],
  'no pod': [{}, undefined],
};

test.each(Object.entries(PODS))('the API server of %s', (_sentence, [variables, url]) => {
  expect(readEnvironment(variables).apiServer).toBe(url);
});
