import type { BacktestReport, PolicyBacktest } from '../../src/core/backtest/report.ts';

const counts = (held: number, refused = 0, unknown = 0) => ({ held, refused, unknown });

/** Of a policy for production, over a week. */
export function policyBacktest(overrides: Partial<PolicyBacktest> = {}): PolicyBacktest {
  const days = [12, 9, 14, 3, 0, 18, 11].map((held, index) => ({
    day: `2026-11-${String(14 + index)}`,
    ...counts(held, index === 2 ? 2 : 0, index % 3),
  }));
  return {
    policy: 'production',
    mode: 'Enforce',
    asks: '1 of group sre',
    ...counts(67, 2, 6),
    dryRuns: 4,
    requests: 58,
    requestsAtMost: 63,
    requestsPerDay: 8.3,
    requestsPerDayAtMost: 9,
    approvers: [{ approver: 'group sre', stage: 'oncall', requests: 58, requestsPerDay: 8.3 }],
    resources: [
      { name: 'pods/exec', ...counts(51, 2) },
      { name: 'deployments.apps', ...counts(16, 0, 6) },
    ],
    namespaces: [
      { name: 'shop', ...counts(40, 2, 4) },
      { name: 'billing', ...counts(27, 0, 2) },
    ],
    people: [
      { name: 'alice@example.com', ...counts(38, 2, 5) },
      { name: 'bob@example.com', ...counts(29, 0, 1) },
    ],
    actions: [
      { name: 'exec -it sh on pods in shop', ...counts(31) },
      { name: 'exec cat /etc/hosts on pods in billing', ...counts(20, 2) },
      { name: 'update on deployments.apps in shop', ...counts(16, 0, 6) },
    ],
    days,
    unknownBecause: [{ reason: 'change', count: 6 }],
    refusedBecause: [{ reason: 'guardrail no-root: nobody opens a shell as root', count: 2 }],
    notReached: [{ reason: 'Forbidden', count: 12 }],
    ...overrides,
  };
}

export function backtestReport(policies: readonly PolicyBacktest[] = [policyBacktest()]): BacktestReport {
  return {
    format: 'sallyport-backtest/v1',
    from: '2026-11-14T00:00:00.000Z',
    until: '2026-11-20T23:59:00.000Z',
    days: 7,
    read: { events: 48_211, tooOld: 0, broken: 0 },
    policies,
  };
}
