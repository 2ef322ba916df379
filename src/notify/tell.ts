import { beginTelling } from './begin-telling.ts';
import { type Changed, changeStatus } from './change-status.ts';
import { deliver, type Outcome } from './deliver.ts';
import { type Notification, problemText } from './notified.ts';
import { taskId } from './outbox-ports.ts';
import { recordTold } from './record-told.ts';
import { type Begun, deadlineOf, type Telling } from './telling.ts';
import { tokenOf, withTold } from './told.ts';

/** What became of an attempt to tell. */
export type Told =
  /** There is nothing to tell any more, or another process is to. */
  { readonly type: 'Nothing' } | Tried;

type Tried =
  | { readonly type: 'Told'; readonly more: boolean }
  | { readonly type: 'Delayed'; readonly afterMs: number | undefined }
  | { readonly type: 'GaveUp' | 'Refused' };

/**
 * Tells one destination what it has not been told. That telling begins is written before it, and what was told after it:
 * who finds the first without the second does not know whether it arrived, and the channel is told so.
 *
 * @throws whatever the store throws before anything was told
 */
export async function tell(telling: Telling): Promise<Told> {
  const { task, ports, signal } = telling;
  const begun = await changeStatus(task, (request) => beginTelling(request, telling), ports, signal);
  // Whoever leads after us finds that telling began, and looks whether it arrived.
  if (begun === undefined || !ports.stillLeading()) return { type: 'Nothing' };
  const outcome = await deliver(begun, telling);
  remember(outcome, begun.found, telling);
  const result = resultOf(outcome, begun.found, telling);
  report(result.type, outcome, begun, telling);
  await recordTold(telling, (now) =>
    outcome.type === 'Arrived' ? arrived(now, outcome, begun.found, telling) : failed(now, outcome, result),
  );
  return result;
}

function remember(outcome: Outcome, { entry, uncertainSince }: Begun, { task, memory, settings }: Telling): void {
  const id = taskId(task);
  // What may have arrived may still have, however certain it is of a later attempt that it did not.
  const isKnown = outcome.type !== 'Arrived' && outcome.certain && uncertainSince === undefined;
  if (!isKnown) {
    memory.notArrived.delete(id);
    return;
  }
  // What is forgotten is looked for once more.
  if (memory.notArrived.size >= settings.queued) memory.notArrived.clear();
  memory.notArrived.set(id, entry.triedAt ?? '');
}

function resultOf(outcome: Outcome, begun: Begun, { ports, settings }: Telling): Tried {
  switch (outcome.type) {
    case 'Arrived':
      return { type: 'Told', more: begun.more };
    case 'Refused':
      return { type: 'Refused' };
    case 'Delayed':
      return ports.clock.now() >= deadlineOf(begun.entry, begun.happenings, settings)
        ? { type: 'GaveUp' }
        : { type: 'Delayed', afterMs: outcome.afterMs };
  }
}

function report(
  result: Tried['type'],
  outcome: Outcome,
  { request, found }: Changed<Begun>,
  { task, channel, ports }: Telling,
): void {
  ports.events.delivered(result, {
    request,
    key: task.key,
    kind: channel.kind,
    occasions: found.happenings.map(tokenOf),
    ...(outcome.type === 'Arrived' ? {} : { problem: loggedOf(outcome) }),
  });
}

function loggedOf(outcome: Exclude<Outcome, { type: 'Arrived' }>): string {
  return outcome.type === 'Delayed' ? (outcome.logged ?? outcome.why) : outcome.why;
}

function arrived(
  now: Notification,
  { handle }: { readonly handle: string | undefined },
  begun: Begun,
  { ports }: Telling,
): Notification {
  const { problem: _solved, handle: before, ...rest } = now;
  const kept = handle ?? before;
  return {
    ...rest,
    told: withTold(now.told, begun.happenings),
    // Not before it began, whatever a clock that was set back says.
    at: new Date(Math.max(ports.clock.now(), Date.parse(begun.entry.triedAt ?? '') || 0)).toISOString(),
    ...(kept === undefined ? {} : { handle: kept }),
  };
}

function failed(now: Notification, outcome: Exclude<Outcome, { type: 'Arrived' }>, result: Tried): Notification {
  const kind = result.type === 'Refused' ? 'Refused' : result.type === 'GaveUp' ? 'GaveUp' : 'Unavailable';
  return { ...now, problem: problemText(kind, outcome.why) };
}
