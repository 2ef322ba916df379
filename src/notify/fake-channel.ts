import type { Clock } from '../ports/clock.ts';
import type { Channel, Delivery } from './channel.ts';

/** A message as it stands in the place where people read it. */
export interface FakeMessage {
  readonly destination: string;
  readonly request: string;
  /** Of a channel that updates, those of every change. */
  occasions: string[];
  ids: string[];
}

/**
 * A place with messages in it, in memory. One that updates is as Slack: a message that may have arrived is looked for, and
 * changed. One that does not is as a receiver of webhooks: it drops what has an id that it has seen.
 */
export class FakeChannel implements Channel {
  readonly kind: Channel['kind'];
  readonly updates: boolean;
  readonly intervalMs: number;
  readonly destinations?: readonly string[];
  readonly messages: FakeMessage[] = [];
  /** When anything was delivered, by destination, in milliseconds. */
  readonly deliveredAt = new Map<string, number[]>();
  /** Called before anything happens; what it throws is the answer. */
  before: ((delivery: Delivery) => void) | undefined;
  /** Called when it has happened; what it throws is the answer. */
  after: ((delivery: Delivery) => void) | undefined;
  readonly #clock: Clock;

  constructor(clock: Clock, options: Partial<Pick<Channel, 'kind' | 'updates' | 'intervalMs' | 'destinations'>> = {}) {
    this.#clock = clock;
    this.kind = options.kind ?? 'Slack';
    this.updates = options.updates ?? true;
    this.intervalMs = options.intervalMs ?? 1_000;
    if (options.destinations !== undefined) this.destinations = options.destinations;
  }

  async deliver(delivery: Delivery, signal: AbortSignal): Promise<{ readonly handle?: string }> {
    await Promise.resolve();
    signal.throwIfAborted();
    const { destination, request, occasions, id } = delivery;
    this.deliveredAt.set(destination, [...(this.deliveredAt.get(destination) ?? []), this.#clock.now()]);
    this.before?.(delivery);
    const found = this.#find(delivery);
    if (found === undefined) {
      const name = request.metadata.name;
      this.messages.push({ destination, request: name, occasions: [...occasions], ids: [id] });
    } else if (this.updates && !found.ids.includes(id)) {
      found.occasions.push(...occasions);
      found.ids.push(id);
    }
    await Promise.resolve();
    this.after?.(delivery);
    return this.updates ? { handle: `handle-of-${request.metadata.uid}` } : {};
  }

  #find({ destination, request, handle, uncertainSince, id }: Delivery): FakeMessage | undefined {
    if (!this.updates) return this.messages.find(({ ids }) => ids.includes(id));
    if (handle === undefined && uncertainSince === undefined) return undefined;
    return this.messages.find((each) => each.destination === destination && each.request === request.metadata.name);
  }
}
