import { type Backoff, backoffMs } from '../../core/api/backoff.ts';
import type { Clock } from '../../ports/clock.ts';
import { type RefusalCode, type Sink, SinkDelayedError, type SinkMessage, SinkRefusedError } from './sink.ts';
import type { SinkEvents } from './sink-events.ts';

export interface Delivery {
  readonly sink: Sink;
  readonly events: SinkEvents;
  readonly clock: Clock;
  /** From 0 up to 1. */
  readonly random: () => number;
  /** A small message that any working receiver takes. */
  readonly probe: () => SinkMessage;
}

const RETRY: Backoff = { baseMs: 1_000, capMs: 60_000 };

/** A receiver that asks for more is asked again by then: some answer with a year. */
const LONGEST_RETRY_AFTER_MS = 15 * 60_000;

type Outcome =
  | { readonly kind: 'Sent' }
  | { readonly kind: 'Refused'; readonly code: RefusalCode; readonly why: string }
  | { readonly kind: 'Delayed'; readonly error: SinkDelayedError };

/**
 * Resolves when the sink has each message, or has refused it by itself while it took another: such a one is skipped, loudly.
 * A receiver that takes nothing at all is waited for, however long that is.
 *
 * @throws the signal's reason
 */
export async function deliver(batch: readonly SinkMessage[], delivery: Delivery, signal: AbortSignal): Promise<void> {
  const { events, probe } = delivery;
  for (let attempt = 1; ; attempt += 1) {
    let outcome = await tryOnce(batch, delivery, signal);
    if (outcome.kind === 'Refused') {
      const [only, ...others] = batch;
      if (only === undefined) return;
      if (others.length > 0) {
        const half = Math.ceil(batch.length / 2);
        await deliver(batch.slice(0, half), delivery, signal);
        await deliver(batch.slice(half), delivery, signal);
        return;
      }
      // Who refuses everything (a wrong path, a strict proxy) must not make us throw the ledger away record by record.
      const { code, why } = outcome;
      const probed = await tryOnce([probe()], delivery, signal);
      if (probed.kind === 'Sent') {
        events.skipped(only, code, why);
        return;
      }
      outcome =
        probed.kind === 'Delayed' ? probed : { kind: 'Delayed', error: new SinkDelayedError('RefusesAll', probed.why) };
    }
    if (outcome.kind === 'Sent') return;
    await waitFor(outcome.error, attempt, delivery, signal);
  }
}

async function tryOnce(
  batch: readonly SinkMessage[],
  { sink, events }: Delivery,
  signal: AbortSignal,
): Promise<Outcome> {
  signal.throwIfAborted();
  try {
    const { rejected, why = '' } = await sink.send(batch, signal);
    const records = batch.filter(({ kind }) => kind !== 'Checkpoint').length;
    events.sent(Math.max(0, records - rejected));
    if (rejected > 0) events.rejected(Math.min(rejected, batch.length), batch[0]?.id ?? '', why);
    return { kind: 'Sent' };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof SinkRefusedError) return { kind: 'Refused', code: error.code, why: error.message };
    return { kind: 'Delayed', error: asDelay(error) };
  }
}

/** Whatever else a sink throws is a mistake of ours, and must not lose a record either. */
export function asDelay(error: unknown): SinkDelayedError {
  if (error instanceof SinkDelayedError) return error;
  const why = error instanceof Error ? error.message : 'unknown';
  return new SinkDelayedError('Unavailable', why, undefined, { cause: error });
}

async function waitFor(
  { code, message, afterMs = 0 }: SinkDelayedError,
  attempt: number,
  { events, clock, random }: Delivery,
  signal: AbortSignal,
): Promise<void> {
  const ms = Math.max(backoffMs(RETRY, attempt, random), Math.min(afterMs, LONGEST_RETRY_AFTER_MS));
  events.delayed(code, message, attempt, ms);
  await clock.sleep(ms, signal);
}
