import { expect, test } from 'vitest';
import { silentLogger } from '../../platform/telemetry/logger.ts';
import { createMetrics } from '../../platform/telemetry/metrics.ts';
import { createDiscoveryReconciler } from './create-reconciler.ts';

test('[R33] what is new is said once, and shown for as long as it is there', async () => {
  const metrics = createMetrics({ processMetrics: false });
  const warnings: object[] = [];
  const log = { ...silentLogger, warn: (fields: object) => void warnings.push(fields) };
  let served = ['pods/exec'];
  const reconcile = createDiscoveryReconciler({ subresources: async () => served }, log, metrics);
  const look = async () => {
    await reconcile('only', new AbortController().signal);
    return /unknown_subresources (\d+)/.exec((await metrics.render()).text)?.[1];
  };
  expect(await look()).toBe('0');
  served = ['pods/exec', 'pods/enter'];
  expect(await look()).toBe('1');
  expect(await look()).toBe('1');
  expect(warnings).toEqual([{ subresources: ['pods/enter'] }]);
  served = ['pods/exec'];
  expect(await look()).toBe('0');
});
