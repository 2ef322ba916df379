import { NO_SURROUNDINGS } from '../../../src/core/notice/surroundings.ts';
import { createSlack } from '../../../src/notify/slack/create-slack.ts';
import { systemClock } from '../../../src/platform/clock/system-clock.ts';
import { createMetrics } from '../../../src/platform/telemetry/metrics.ts';
import { Secret } from '../../../src/platform/telemetry/redact.ts';
import { FakeActs } from '../../../src/ports/fake-acts.ts';

/** Of the one who started this program. */
export type Order =
  | { readonly kind: 'Start'; readonly apiUrl: string }
  /** Answered once it has stopped. */
  | { readonly kind: 'Stop' }
  /** Answered by the names of what keeps this process. */
  | { readonly kind: 'Kept' };

/**
 * The listener of Slack alone in its process, so that whatever keeps this process is its own; the Slack that it connects to
 * is another's.
 */
let stop = new AbortController();
let running = Promise.resolve();

process.on('message', (order: Order) => {
  switch (order.kind) {
    case 'Start':
      stop = new AbortController();
      running = listenerAt(order.apiUrl).run(stop.signal);
      return;
    case 'Stop':
      stop.abort();
      void running.then(() => process.send?.([]));
      return;
    case 'Kept':
      process.send?.(process.getActiveResourcesInfo().filter((name) => /^(TCP|TLS|Timeout)/.test(name)));
  }
});
process.send?.([]);

function listenerAt(apiUrl: string) {
  const silent = () => undefined;
  return createSlack(
    {
      botToken: new Secret('xoxb-of-the-bot'),
      mode: { kind: 'Socket', appToken: new Secret('xapp-of-the-app') },
      teams: ['T0EXAMPLE'],
      apiUrl,
      intervalMs: 1_000,
    },
    {
      acts: new FakeActs(),
      people: { now: () => undefined },
      requestOf: () => undefined,
      linkOf: () => undefined,
      surroundingsOf: () => NO_SURROUNDINGS,
      clock: systemClock,
      log: { debug: silent, info: silent, warn: silent, error: silent },
      metrics: createMetrics({ processMetrics: false }),
      random: () => 0,
    },
  ).listener;
}
