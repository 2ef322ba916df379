import type { VNode } from 'preact';
import { utcText } from '../../core/api/utc-text.ts';
import type { BacktestNews } from '../../core/backtest/backtest-call.ts';
import { NOT_REACHED } from '../../core/backtest/reasons.ts';
import type { PolicyBacktest } from '../../core/backtest/report.ts';
import { UNKNOWN_TEXTS } from '../../core/backtest/reason-texts.ts';
import { BacktestChart } from './backtest-chart.tsx';
import { Counts, type Row, Shares } from './backtest-tables.tsx';
import { Text } from './text.tsx';

/** Made of the report alone. */
export function BacktestResult({
  report,
  ofOneLedger,
}: Omit<Extract<BacktestNews, { type: 'Report' }>, 'type'>): VNode {
  const { read, from = '', until = '', days } = report;
  return (
    <section aria-label="Result" class="result">
      <p class="muted">
        {number(read.events)} records were read, of {utcText(from) ?? from} to {utcText(until) ?? until} ({days} days).
        {read.broken === 0 ? '' : ` ${number(read.broken)} lines are no records and not counted.`}
      </p>
      {ofOneLedger ? (
        <p class="banner">
          Several replicas may keep a ledger each: this is of the one that answered. Numbers of all are higher.
        </p>
      ) : null}
      {report.policies.map((policy) => (
        <OfPolicy key={policy.policy} policy={policy} />
      ))}
    </section>
  );
}

function OfPolicy({ policy }: { policy: PolicyBacktest }): VNode {
  const { held, refused, unknown, requests, requestsAtMost, requestsPerDay, requestsPerDayAtMost } = policy;
  const nothing = held + refused + unknown === 0;
  return (
    <article class="policy-result" aria-label={`Policy ${policy.policy}`}>
      <h2>
        Policy <Text>{policy.policy}</Text>, which asks <Text>{policy.asks}</Text>
        {policy.mode === 'Enforce' ? '' : ` (it is in mode ${policy.mode}; judged as if it were enforced)`}
      </h2>
      <p class="total">
        It would have held <strong>{number(held)}</strong> and refused <strong>{number(refused)}</strong>
        {unknown === 0 ? '.' : `; of ${number(unknown)} more the events do not tell.`}
      </p>
      {nothing ? (
        <p class="muted">
          No event that was recorded is one that it names. What the audit policy of the API server leaves out cannot be
          judged.
        </p>
      ) : (
        <>
          <p>
            About {number(requests)} {requests === 1 ? 'request' : 'requests'}, {requestsPerDay} a day
            {requestsAtMost === requests ? '.' : `; at most ${number(requestsAtMost)}, ${requestsPerDayAtMost} a day.`}
          </p>
          <BacktestChart policy={policy} />
          <details>
            <summary>The numbers by day</summary>
            <Shares title="Day" rows={policy.days.map(({ day, ...counts }) => ({ name: day, ...counts }))} />
          </details>
          <Counts
            title="Whom it would have asked"
            heads={['Approver', 'Stage', 'Requests', 'A day']}
            rows={policy.approvers.map(
              ({ approver, stage, requests: asked, requestsPerDay: each }): Row => [approver, stage, asked, each],
            )}
          />
          <div class="side-by-side">
            <Shares title="Action" rows={policy.actions} />
            <Shares title="Person" rows={policy.people} />
            <Shares title="Resource" rows={policy.resources} />
            <Shares title="Namespace" rows={policy.namespaces} />
          </div>
        </>
      )}
      <Reasons
        title="What the events do not tell"
        reasons={policy.unknownBecause.map(({ reason, count }) => [count, UNKNOWN_TEXTS[reason]])}
      />
      <Reasons
        title="Refused, whoever approves"
        reasons={policy.refusedBecause.map(({ reason, count }) => [count, reason])}
      />
      <Reasons
        title="Not counted"
        reasons={[
          ...(policy.dryRuns === 0 ? [] : [[policy.dryRuns, 'dry runs: allowed, with a warning'] as const]),
          ...policy.notReached.map(({ reason, count }) => [count, NOT_REACHED[reason]] as const),
        ]}
      />
    </article>
  );
}

function Reasons({
  title,
  reasons,
}: {
  title: string;
  reasons: readonly (readonly [count: number, text: string])[];
}): VNode | null {
  return reasons.length === 0 ? null : <Counts title={title} heads={['Actions', 'Why']} rows={reasons} />;
}

function number(value: number): string {
  return value.toLocaleString('en');
}
