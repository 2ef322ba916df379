import { alarmOfDecision } from './alarms.ts';
import type { Finding } from './finding.ts';
import type { KnownDecision } from './known-decisions.ts';
import { isAbout, type SeenEvent } from './seen-event.ts';

/** Approvals are used by people: there are never many at once. Beyond it the oldest is not waited for. */
const WAITING_LIMIT = 20_000;

/** So many times as long is waited while no events come at all. */
export const LOSS_PATIENCE = 4;

/** Between the clocks of API servers and ours; and a use is decided while its request runs. */
const AROUND_MS = 30_000;

/**
 * What was let through must show in the API server's events, where events come and any of that kind ever came: an audit
 * policy may leave some out.
 */
export interface LossWatch {
  decided(entry: KnownDecision): void;
  happened(seen: SeenEvent): void;
  due(now: number): readonly Finding[];
}

export function createLossWatch(lossMs: number): LossWatch {
  let waiting: KnownDecision[] = [];
  const shown = new Set<string>();
  let latest = 0;
  return {
    decided(entry) {
      const { verdict, code, dryRun } = entry.decision;
      if (verdict !== 'Allowed' || code !== 'Approved' || dryRun || waiting.includes(entry)) return;
      waiting.push(entry);
      if (waiting.length > WAITING_LIMIT) waiting.shift();
    },
    happened(seen) {
      latest = Math.max(latest, seen.receivedAt);
      const { operation } = seen.reviewed.attributes;
      // Where only the end of a stream is told of, nobody knows when that comes.
      const isFirst = operation !== 'CONNECT' || seen.event.stage === 'ResponseStarted';
      if (isFirst && seen.decisions.length > 0) shown.add(kindOf(operation, seen.resource));
      // A webhook that answered too late leaves no annotation, and a write that is reviewed twice has that of the first.
      for (const entry of waiting) {
        const at = Date.parse(entry.decision.at);
        const isThen = at >= seen.receivedAt - AROUND_MS && at <= seen.answeredAt + AROUND_MS;
        if (isThen && isAbout(entry.decision, seen)) entry.told = true;
      }
    },
    due(now) {
      const findings: Finding[] = [];
      waiting = waiting.filter((entry) => {
        const { decision, keptAt, evidence, told } = entry;
        if (told) return false;
        if (now < keptAt + lossMs) return true;
        const flows = latest >= Date.parse(decision.at) + lossMs;
        const isShown = shown.has(kindOf(decision.operation, decision.resource));
        if (flows && isShown) {
          const why = `it was let through, and no audit event told of it for ${Math.round(lossMs / 1000)} s, while others came`;
          findings.push(alarmOfDecision(decision, evidence, why));
          return false;
        }
        if (now < keptAt + lossMs * LOSS_PATIENCE) return true;
        findings.push({ kind: 'Unknown', why: 'NoEvents' });
        return false;
      });
      return findings;
    },
  };
}

function kindOf(operation: string, resource: string): string {
  return `${operation} ${resource}`;
}
