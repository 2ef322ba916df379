import { signedHeaders, WebhookSecretError } from '../../platform/http/standard-webhook.ts';
import type { Secret } from '../../platform/telemetry/redact.ts';
import type { Clock } from '../../ports/clock.ts';
import { type Announcer, type Channel, DeliveryDelayedError, DeliveryRefusedError } from '../channel.ts';
import { postDelivery } from '../post-delivery.ts';
import { unreadable } from '../unreadable.ts';
import { alarmEvent, type CloudEvent, cloudEvent } from './cloud-event.ts';

export interface WebhookDestination {
  readonly name: string;
  readonly url: string;
  /** PEM, read anew each time. */
  readonly ca?: () => Promise<string>;
  /** `whsec_…`, read anew each time: it may be rotated. */
  readonly secret: () => Promise<Secret<string>>;
}

export interface WebhookOptions {
  readonly destinations: readonly WebhookDestination[];
  /** `source` of the events. */
  readonly source: string;
  readonly timeoutMs?: number;
}

/** Standard Webhooks: a receiver that has not answered by then has failed. */
const TIMEOUT_MS = 10_000;

/** A receiver is a program: ten a second is what the slowest of them takes. */
const INTERVAL_MS = 100;

/**
 * CloudEvents, signed by the Standard Webhooks scheme: https://www.standardwebhooks.com. The id is the same for each
 * attempt of the same delivery, so that a receiver drops what it has.
 */
export function createWebhookChannel(
  { destinations, source, timeoutMs = TIMEOUT_MS }: WebhookOptions,
  clock: Clock,
): Channel & Announcer {
  async function send(name: string, eventAt: (now: number) => CloudEvent, signal: AbortSignal): Promise<void> {
    const destination = destinations.find((each) => each.name === name);
    if (destination === undefined) throw new DeliveryRefusedError('the configuration has no webhook of this name');
    const ca = await caOf(destination);
    const now = new Date(clock.now());
    const event = eventAt(now.getTime());
    const body = JSON.stringify(event);
    const headers = {
      'content-type': 'application/cloudevents+json; charset=utf-8',
      'user-agent': 'sallyport',
      ...signed(await secretOf(destination), event.id, now, body),
    };
    const { url } = destination;
    const answer = await postDelivery({ url, headers, body, timeoutMs, ...(ca === undefined ? {} : { ca }) }, signal);
    if (answer.status >= 200 && answer.status < 300) return;
    // Standard Webhooks: the receiver wants no more of them.
    if (answer.status === 410) throw new DeliveryRefusedError('the receiver answered 410 Gone');
    throw new DeliveryDelayedError(`the receiver answered ${answer.status}`, answer.retryAfterMs);
  }

  return {
    kind: 'Webhook',
    updates: false,
    intervalMs: INTERVAL_MS,
    destinations: destinations.map(({ name }) => name),
    deliver: async (delivery, signal) => {
      await send(delivery.destination, (now) => cloudEvent(delivery, source, now), signal);
      return {};
    },
    announce: async (announcement, signal) => {
      await send(announcement.destination, (now) => alarmEvent(announcement, source, now), signal);
    },
  };
}

async function secretOf({ secret }: WebhookDestination): Promise<Secret<string>> {
  return await secret().catch((error: unknown) => {
    throw unreadable('the signing secret', error);
  });
}

async function caOf({ ca }: WebhookDestination): Promise<string | undefined> {
  return await ca?.().catch((error: unknown) => {
    throw unreadable('the authority', error);
  });
}

function signed(secret: Secret<string>, id: string, at: Date, body: string): Record<string, string> {
  try {
    return signedHeaders(secret, id, at, body);
  } catch (error) {
    throw error instanceof WebhookSecretError
      ? new DeliveryDelayedError(error.message, undefined, { cause: error })
      : error;
  }
}
