import type { Secret } from '../../platform/telemetry/redact.ts';
import { type Announcer, type Channel, DeliveryDelayedError, DeliveryRefusedError } from '../channel.ts';
import { postDelivery } from '../post-delivery.ts';
import { unreadable } from '../unreadable.ts';
import { alarmCard, teamsMessage } from './adaptive-card.ts';

export interface TeamsDestination {
  readonly name: string;
  /** Of the workflow; whoever knows it may post. Read anew each time: it may be rotated. */
  readonly url: () => Promise<Secret<string>>;
  readonly ca?: string;
}

const TIMEOUT_MS = 15_000;

/** Four requests a second are throttled; a person reads slower. */
const INTERVAL_MS = 1_000;

/** An answer that will be the same the next time. */
const REFUSED = new Set([400, 401, 403, 404, 410, 413]);

/** Microsoft Teams by the webhook of a workflow, which cannot change what it has posted. */
export function createTeamsChannel(
  destinations: readonly TeamsDestination[],
  timeoutMs: number = TIMEOUT_MS,
): Channel & Announcer {
  async function send(name: string, body: string, signal: AbortSignal): Promise<void> {
    const destination = destinations.find((each) => each.name === name);
    if (destination === undefined) throw new DeliveryRefusedError('the configuration has no workflow of this name');
    const { ca } = destination;
    const url = await urlOf(destination);
    const headers = { 'content-type': 'application/json; charset=utf-8', 'user-agent': 'sallyport' };
    const answer = await postDelivery({ url, headers, body, timeoutMs, ...(ca === undefined ? {} : { ca }) }, signal);
    if (answer.status >= 200 && answer.status < 300) return;
    if (REFUSED.has(answer.status)) throw new DeliveryRefusedError(`the workflow answered ${answer.status}`);
    throw new DeliveryDelayedError(`the workflow answered ${answer.status}`, answer.retryAfterMs);
  }

  return {
    kind: 'Teams',
    updates: false,
    intervalMs: INTERVAL_MS,
    destinations: destinations.map(({ name }) => name),
    deliver: async (delivery, signal) => {
      await send(delivery.destination, teamsMessage(delivery), signal);
      return {};
    },
    announce: async ({ destination, notice }, signal) => {
      await send(destination, alarmCard(notice), signal);
    },
  };
}

async function urlOf({ url }: TeamsDestination): Promise<string> {
  const secret = await url().catch((error: unknown) => {
    throw unreadable('the URL of the workflow', error);
  });
  const text = secret.reveal();
  if (!URL.canParse(text)) throw new DeliveryDelayedError('the file with the URL of the workflow holds no URL');
  // Whoever reads it on the way may post.
  if (!isSafe(new URL(text)))
    throw new DeliveryDelayedError('the file with the URL of the workflow holds one that is not https');
  return text;
}

function isSafe({ protocol, hostname }: URL): boolean {
  const isOwn = /^(127\.\d+\.\d+\.\d+|\[::1\]|localhost)$/.test(hostname);
  return protocol === 'https:' || (protocol === 'http:' && isOwn);
}
