import type { Logger } from '../../platform/telemetry/logger.ts';
import type { ReconcileResult } from '../../platform/kube/workqueue.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ConfigurationWriter } from '../../ports/configuration-writer.ts';
import type { RequestStore } from '../../ports/request-store.ts';
import { admissionFence, type FenceInput } from './desired.ts';
import type { OpeningEvents, OpenOne } from './opening-events.ts';
import { type OwnKindsInput, ownKindsFence } from './own-kinds.ts';
import { type Opening, type OpeningPorts, openings } from './openings.ts';

export interface FenceReconcilerPorts extends OpeningPorts {
  readonly writer: ConfigurationWriter;
  readonly stillLeading: () => boolean;
  readonly store: Pick<RequestStore, 'writeStatus'>;
  readonly openingEvents: OpeningEvents;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Written anew this often, so that what somebody took down stands again even where no watch told of it. */
const RESYNC_MS = 15_000;

/** A use that could not be written is tried again this soon; the fence stands closed meanwhile. */
const RETRY_MS = 1_000;

/** Keeps the fence up, with a gap for whoever was approved to pass, until their time is over. */
export function createFenceReconciler(input: FenceInput & OwnKindsInput, ports: FenceReconcilerPorts) {
  const announced = new Map<string, OpenOne>();
  return async (_key: string, signal: AbortSignal): Promise<ReconcileResult> => {
    const known = openings(ports, ports.clock.now());
    const open: OpenOne[] = [];
    for (const opening of known) {
      const used = await begun(opening, ports, signal);
      if (used !== undefined) open.push(used);
    }
    for (const object of [...admissionFence(input, open), ...ownKindsFence(input)]) {
      if (!ports.stillLeading()) return { type: 'Done' };
      await ports.writer.apply(object, signal);
    }
    announce(open, announced, ports.openingEvents);
    const ends = open.map(({ until }) => Math.max(until - ports.clock.now(), 0));
    const again = Math.min(RESYNC_MS, ...ends, ...(open.length < known.length ? [RETRY_MS] : []));
    return { type: 'Again', afterMs: again };
  };
}

/** R2: the opening, once its use is written; undefined while it is not. What cannot be opened must not keep the rest from being closed. */
async function begun(
  opening: Opening,
  { store, stillLeading, log }: FenceReconcilerPorts,
  signal: AbortSignal,
): Promise<OpenOne | undefined> {
  if (opening.kind === 'Open') return opening;
  if (!stillLeading()) return undefined;
  try {
    await store.writeStatus(opening.request, opening.status, signal);
  } catch (error) {
    signal.throwIfAborted();
    log.warn({ err: error, request: opening.request.metadata.name }, 'a use of the fence could not be written');
  }
  // The watch brings it back used, and with its end.
  return undefined;
}

function announce(open: readonly OpenOne[], announced: Map<string, OpenOne>, events: OpeningEvents): void {
  const now = new Map(open.map((opening) => [opening.request.metadata.uid ?? '', opening]));
  for (const [uid, opening] of now) if (!announced.has(uid)) events.changed(opening, 'Opened');
  for (const [uid, opening] of announced) if (!now.has(uid)) events.changed(opening, 'Closed');
  announced.clear();
  for (const [uid, opening] of now) announced.set(uid, opening);
  events.open(open.length);
}
