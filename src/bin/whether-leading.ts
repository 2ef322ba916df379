import type { LeaderElectionOptions } from '../platform/kube/lease.ts';
import type { Metrics } from '../platform/telemetry/metrics.ts';

type Work = LeaderElectionOptions['onStarted'];

const HELP = {
  controller: '1 while this process leads the controllers and does their work, else 0.',
  notify: '1 while this process is the one that tells people of requests, else 0.',
} as const;

/** Every process of a role that has a leader shows whether it leads, from the start: so that a rule can tell that nobody does. */
export function leaderGauge(metrics: Metrics, role: keyof typeof HELP): (leads: boolean) => void {
  const gauge = metrics.gauge({ name: `${role}_leader`, help: HELP[role], labels: {} });
  gauge.set({}, 0);
  return (leads) => gauge.set({}, leads ? 1 : 0);
}

/** The leader's work; shows meanwhile that this process leads. */
export function whetherLeading(show: (leads: boolean) => void, work: Work): Work {
  return async (signal, stillLeading) => {
    const over = (): void => show(false);
    show(true);
    // The work may go on for a moment after the leadership.
    signal.addEventListener('abort', over, { once: true });
    try {
      await work(signal, stillLeading);
    } finally {
      signal.removeEventListener('abort', over);
      over();
    }
  };
}
