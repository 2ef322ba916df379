import { type Delivery, DeliveryDelayedError, DeliveryRefusedError } from './channel.ts';
import type { Changed } from './change-status.ts';
import type { Begun, Telling } from './telling.ts';

/** What is known of a delivery that was tried. */
export type Outcome =
  | { readonly type: 'Arrived'; readonly handle: string | undefined }
  | {
      readonly type: 'Delayed';
      /** For those who read the status. */
      readonly why: string;
      /** For the log, where it is to say more. */
      readonly logged?: string;
      readonly afterMs: number | undefined;
      /** Whether it is known not to have arrived. */
      readonly certain: boolean;
    }
  | { readonly type: 'Refused'; readonly why: string; readonly certain: true };

/** A channel that hangs is given up: it has limits of its own, shorter than this. */
const LONGEST_DELIVERY_MS = 120_000;

const OUR_OWN = 'an error of Sallyport itself, which its log tells';

/**
 * Hands a message to its channel.
 *
 * @throws whatever the channel throws once `signal` is aborted
 */
export async function deliver(
  { request, found }: Changed<Begun>,
  { task, channel, ports, signal }: Telling,
): Promise<Outcome> {
  const resolved = ports.resolve(task.destination, request);
  // The people map may know them later.
  if ('problem' in resolved) return { type: 'Delayed', why: resolved.problem, afterMs: undefined, certain: true };
  const delivery: Delivery = {
    destination: resolved.to,
    request,
    notice: ports.noticeOf(request),
    occasions: found.happenings.map(({ occasion }) => occasion),
    ...(found.entry.handle === undefined ? {} : { handle: found.entry.handle }),
    ...(found.uncertainSince === undefined ? {} : { uncertainSince: found.uncertainSince }),
    id: found.id,
  };
  const limit = new AbortController();
  const cancel = ports.clock.after(LONGEST_DELIVERY_MS, () => limit.abort());
  try {
    const { handle } = await channel.deliver(delivery, AbortSignal.any([signal, limit.signal]));
    return { type: 'Arrived', handle };
  } catch (error) {
    if (error instanceof DeliveryRefusedError) return { type: 'Refused', why: error.message, certain: true };
    if (error instanceof DeliveryDelayedError)
      // Who says when to come back has not taken it.
      return { type: 'Delayed', why: error.message, afterMs: error.afterMs, certain: error.afterMs !== undefined };
    if (signal.aborted) throw error;
    const why = error instanceof Error ? error.message : 'unknown';
    // Requesters read the status; what an error of ours says is for the log alone.
    return { type: 'Delayed', why: OUR_OWN, logged: `unexpected: ${why}`, afterMs: undefined, certain: false };
  } finally {
    cancel();
  }
}
