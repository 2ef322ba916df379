import { cut } from '../core/api/cut.ts';
import { printable } from '../core/attributes/printable.ts';
import { NOT_REACHED } from '../core/backtest/reasons.ts';
import { UNKNOWN_TEXTS } from '../core/backtest/reason-texts.ts';
import type { BacktestReport, PolicyBacktest, Share } from '../core/backtest/report.ts';
import { backtestChart } from './backtest-chart.ts';
import { type Paint, PLAIN } from './paint.ts';
import { renderTable } from './table.ts';

/** Rows of each table; the rest stands in `-o json`. */
const ROWS = 10;

/** What policies would have done, for people. */
export function backtestReport(report: BacktestReport, paint: Paint = PLAIN): string {
  return [`${headLine(report)}\n`, ...report.policies.map((policy) => `\n${policyText(policy, paint)}`)].join('');
}

function headLine({ read: { events, tooOld }, from, until, days }: BacktestReport): string {
  const old = tooOld === 0 ? '' : `, ${count(tooOld)} of them outside the time asked for`;
  if (from === undefined || until === undefined) return `Read ${count(events)} events${old}: nothing to judge.`;
  return `Read ${count(events)} events${old}, from ${minute(from)} to ${minute(until)} UTC (${days} days).`;
}

function policyText(policy: PolicyBacktest, paint: Paint): string {
  const { held, refused, unknown } = policy;
  const title = `Policy ${policy.policy} (asks ${policy.asks}${policy.mode === 'Enforce' ? '' : `; judged as if enforced, it is in mode ${policy.mode}`})`;
  const total = held + refused + unknown;
  return [
    `${printable(title)}\n`,
    `  would have held ${paint(held === 0 ? 'good' : 'waiting', count(held))}, refused ${count(refused)}; of ${count(unknown)} more the events do not tell\n`,
    total === 0 ? '' : `  requests: ${requestsText(policy)}\n`,
    total === 0 ? '' : section('Per day', backtestChart(policy, paint)),
    section('Whom it would have asked', total === 0 ? '' : approvers(policy)),
    shares('RESOURCE', policy.resources),
    shares('PERSON', policy.people),
    shares('NAMESPACE', policy.namespaces),
    shares('ACTION', policy.actions),
    section(
      'What the events do not tell',
      lines(policy.unknownBecause.map((each) => [each.count, UNKNOWN_TEXTS[each.reason]])),
    ),
    section('Refused, whoever approves', lines(policy.refusedBecause.map((each) => [each.count, each.reason]))),
    section(
      'Not counted',
      lines([
        ...(policy.dryRuns === 0 ? [] : [[policy.dryRuns, 'dry runs: allowed, with a warning'] as const]),
        ...policy.notReached.map((each) => [each.count, NOT_REACHED[each.reason]] as const),
      ]),
    ),
  ].join('');
}

function requestsText({ requests, requestsAtMost, requestsPerDay, requestsPerDayAtMost }: PolicyBacktest): string {
  const least = `about ${count(requests)}, ${requestsPerDay} a day`;
  return requestsAtMost === requests
    ? least
    : `${least}; at most ${count(requestsAtMost)}, ${requestsPerDayAtMost} a day`;
}

function approvers({ approvers: asked }: PolicyBacktest): string {
  return renderTable(
    ['APPROVER', 'STAGE', 'REQUESTS', 'A DAY'],
    asked.map(({ approver, stage, requests, requestsPerDay }) => [
      printable(approver),
      printable(stage),
      count(requests),
      String(requestsPerDay),
    ]),
  );
}

function shares(title: string, all: readonly Share[]): string {
  if (all.length === 0) return '';
  const [shown, rest] = [all.slice(0, ROWS), all.slice(ROWS)];
  const more = rest.length === 0 ? [] : [sum(rest)];
  const rows = [...shown, ...more].map(({ name, held, refused, unknown }) => [
    shortened(printable(name)),
    count(held),
    count(refused),
    count(unknown),
  ]);
  return `\n${indented(renderTable([title, 'HELD', 'REFUSED', 'UNKNOWN'], rows))}`;
}

/** Commands are as long as people make them, and a table is read. */
const WIDEST = 72;

function shortened(text: string): string {
  return text.length <= WIDEST ? text : `${cut(text, WIDEST)}…`;
}

function sum(rest: readonly Share[]): Share {
  const of = (key: 'held' | 'refused' | 'unknown') => rest.reduce((total, share) => total + share[key], 0);
  return { name: 'others', held: of('held'), refused: of('refused'), unknown: of('unknown') };
}

function lines(rows: readonly (readonly [count: number, text: string])[]): string {
  const width = Math.max(0, ...rows.map(([number]) => count(number).length));
  return rows.map(([number, text]) => `${count(number).padStart(width)}  ${printable(text)}\n`).join('');
}

function section(title: string, text: string): string {
  return text === '' ? '' : `\n  ${title}\n${indented(text, '    ')}`;
}

function indented(text: string, by = '  '): string {
  return text.replace(/^(?=.)/gm, by);
}

/** `2026-11-20 10:00`. */
function minute(time: string): string {
  return `${time.slice(0, 10)} ${time.slice(11, 16)}`;
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}
