import { expect, test } from 'vitest';
import type { Applied } from '../ports/configuration-writer.ts';
import { FakeEvents } from '../ports/fake-events.ts';
import { silentLogger } from '../platform/telemetry/logger.ts';
import { createMetrics } from '../platform/telemetry/metrics.ts';
import { createWatchfulWriter } from './watchful-writer.ts';

const configuration = (revision: number) => ({
  apiVersion: 'admissionregistration.k8s.io/v1',
  kind: 'ValidatingWebhookConfiguration',
  metadata: { name: 'sallyport-gate' },
  webhooks: [{ revision }],
});

test.each<[string, readonly [number, Applied][], number]>([
  ['the first write of a leader is no alarm', [[1, 'Written']], 0],
  [
    'what nobody touched is no alarm',
    [
      [1, 'Written'],
      [1, 'Unchanged'],
    ],
    0,
  ],
  [
    'a change of our own is no alarm',
    [
      [1, 'Written'],
      [2, 'Written'],
    ],
    0,
  ],
  [
    'what somebody changed is an alarm, each time',
    [
      [1, 'Written'],
      [1, 'Written'],
      [1, 'Written'],
    ],
    2,
  ],
])('%s', async (_, writes, alarms) => {
  const metrics = createMetrics({ processMetrics: false });
  const events = new FakeEvents();
  const errors: string[] = [];
  const log = { ...silentLogger, error: (_fields: object, message: string) => void errors.push(message) };
  let answer: Applied = 'Unchanged';
  const writer = createWatchfulWriter({ apply: async () => answer }, { log, metrics, events })();
  for (const [revision, applied] of writes) {
    answer = applied;
    await writer.apply(configuration(revision), new AbortController().signal);
  }
  expect(errors).toHaveLength(alarms);
  const { text } = await metrics.render();
  expect(text).toContain(`objects_put_back_total{kind="ValidatingWebhookConfiguration"} ${alarms}`);
});
