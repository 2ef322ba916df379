import type { Alarm, AlarmKind } from '../../core/evidence/alarm.ts';
import type { DecisionRecord } from '../../core/evidence/decision-record.ts';
import { cut } from '../../core/api/cut.ts';
import { printable } from '../../core/attributes/printable.ts';
import type { AlarmFinding } from './finding.ts';
import type { SeenEvent } from './seen-event.ts';

/** Names of Kubernetes are shorter than that; usernames need not be. */
const MESSAGE_LIMIT = 1024;
const NAME_LIMIT = 128;

export function alarmOfEvent(
  alarm: AlarmKind,
  seen: SeenEvent,
  why: string,
  { evidence = [], ...more }: Partial<Pick<Alarm, 'request' | 'decision' | 'evidence'>> = {},
): AlarmFinding {
  const { reviewed, event, username, resource, request, code } = seen;
  const { operation, namespace, name } = reviewed.attributes;
  const who =
    event.impersonatedUser === undefined
      ? named(username)
      : `${named(event.user.username ?? 'nobody known')} as ${named(username)}`;
  const answer = code === undefined ? '' : `, answered ${code}`;
  return {
    kind: 'Alarm',
    id: alarmId(alarm, request),
    alarm: {
      alarm,
      message: text(`${who}: ${event.verb} ${resource} ${place(namespace, name)}${answer}: ${why}`),
      at: event.requestReceivedTimestamp,
      username: event.user.username ?? username,
      verb: operation.toLowerCase(),
      resource,
      ...(namespace === undefined ? {} : { namespace }),
      ...(name === undefined ? {} : { name }),
      ...more,
      evidence: [seen.evidence, ...evidence],
    },
  };
}

export function alarmOfDecision(decision: DecisionRecord, evidence: string, why: string): AlarmFinding {
  const { id, at, user, operation, resource, namespace, name, request } = decision;
  const message = text(
    `${named(user.username)}: ${operation.toLowerCase()} ${resource} ${place(namespace, name)}, decision ${id}: ${why}`,
  );
  return {
    kind: 'Alarm',
    id: alarmId('Loss', id),
    alarm: {
      alarm: 'Loss',
      message,
      at,
      username: user.username,
      verb: operation.toLowerCase(),
      resource,
      ...(namespace === undefined ? {} : { namespace }),
      ...(name === undefined ? {} : { name }),
      ...(request === undefined ? {} : { request }),
      decision: id,
      evidence: [evidence],
    },
  };
}

/** The same thing found again, by this process or the next, is the same record. */
function alarmId(alarm: AlarmKind, of: string): string {
  return `alarm/${alarm}/${of}`;
}

/** What is no plain name stands in quotes, so that it cannot go on as our own words. */
function named(username: string): string {
  const short = cut(username, NAME_LIMIT);
  return /^[\w.:@/+-]+$/.test(short) ? short : JSON.stringify(short);
}

function text(message: string): string {
  return cut(printable(message), MESSAGE_LIMIT);
}

function place(namespace: string | undefined, name: string | undefined): string {
  return [namespace, name].filter((part) => part !== undefined && part !== '').join('/') || '(unnamed)';
}
