import type { PostAnswer } from '../../platform/http/post.ts';
import type { Secret } from '../../platform/telemetry/redact.ts';
import type { Clock } from '../../ports/clock.ts';
import { assertTaken, type HttpTarget, postTo, readable } from './http.ts';
import { type Sink, SinkDelayedError, type SinkMessage, SinkRefusedError } from './sink.ts';

export interface SplunkHecOptions extends Omit<HttpTarget, 'url'> {
  /** Scheme, host and port; HEC's paths follow. */
  readonly url: string;
  /** Read anew each time. */
  readonly token: () => Promise<Secret<string>>;
  /** Without it the token's own. */
  readonly index?: string;
  readonly sourcetype: string;
  /** UUID of the channel, where the token asks for indexer acknowledgment: a batch counts when Splunk has indexed it. */
  readonly ackChannel?: string;
}

/** Splunk looks for what is indexed now and then, and forgets acknowledgments that nobody asks for. */
const ACK_POLL_MS = 1_000;
const ACK_WAIT_MS = 120_000;

/**
 * HTTP Event Collector, one JSON object an event, in one body: https://docs.splunk.com/Documentation/Splunk/latest/Data/HECRESTendpoints
 * The id of the record is an indexed field, `evidence_id`, so that doubles are found by `dedup evidence_id`.
 */
export function createSplunkHecSink(options: SplunkHecOptions, clock: Clock): Sink {
  const { url, token, index, sourcetype, ackChannel, ...rest } = options;
  const base = url.replace(/\/+$/, '');
  const call = async (path: string, body: string, signal: AbortSignal) => {
    const secret = (await readable('the token', token)).reveal();
    if (!/^[\x21-\x7e]+$/.test(secret))
      throw new SinkDelayedError('Unreadable', 'the file with the token holds something else');
    const headers = {
      authorization: `Splunk ${secret}`,
      'content-type': 'application/json',
      ...(ackChannel === undefined ? {} : { 'x-splunk-request-channel': ackChannel }),
    };
    return await postTo({ ...rest, url: `${base}${path}` }, headers, body, signal);
  };
  return {
    send: async (batch, signal) => {
      const body = batch.map((message) => hecEvent(message, sourcetype, index)).join('\n');
      const answer = await call('/services/collector/event', body, signal);
      assertHecTaken(answer);
      if (ackChannel === undefined) return { rejected: 0 };
      const ackId = numberAt(parsed(answer.text), 'ackId');
      if (ackId === undefined)
        throw new SinkDelayedError('Misconfigured', 'the token gives no acknowledgments: the answer has no ackId');
      const until = clock.now() + ACK_WAIT_MS;
      while (clock.now() < until) {
        const asked = await call(
          `/services/collector/ack?channel=${ackChannel}`,
          JSON.stringify({ acks: [ackId] }),
          signal,
        );
        assertHecTaken(asked);
        if (isIndexed(parsed(asked.text), ackId)) return { rejected: 0 };
        await clock.sleep(ACK_POLL_MS, signal);
      }
      throw new SinkDelayedError('Timeout', `not indexed in ${ACK_WAIT_MS / 1000} s`);
    },
  };
}

function hecEvent({ id, document, json }: SinkMessage, sourcetype: string, index: string | undefined): string {
  const at = Date.parse(document['@timestamp']);
  const metadata = {
    // Seconds since the epoch, with milliseconds.
    ...(Number.isNaN(at) ? {} : { time: at / 1000 }),
    host: document.sallyport.ledger,
    source: 'sallyport',
    sourcetype,
    ...(index === undefined ? {} : { index }),
    fields: { evidence_id: id },
  };
  return `${JSON.stringify(metadata).slice(0, -1)},"event":${json}}`;
}

/** Codes of a 400 that are about the events: invalid data format, event field required or blank, indexed fields. */
const OF_THE_EVENTS = new Set([6, 12, 13, 15]);

/** HEC answers 400 for a wrong index or a missing channel too, which no halving of the batch mends. */
function assertHecTaken(answer: PostAnswer): void {
  const code = numberAt(parsed(answer.text), 'code');
  const why = code === undefined ? '' : `code ${code}`;
  if (answer.status === 400) {
    const message = `the receiver answered 400${why === '' ? '' : `: ${why}`}`;
    throw code === undefined || OF_THE_EVENTS.has(code)
      ? new SinkRefusedError('BadRequest', message)
      : new SinkDelayedError('Misconfigured', message, answer.retryAfterMs);
  }
  // 9: server is busy; its queues are full.
  if (answer.status === 503 && code === 9)
    throw new SinkDelayedError('Busy', `the receiver answered 503: ${why}`, answer.retryAfterMs);
  assertTaken(answer, why);
}

/** `{"acks": {"3": true}}` */
function isIndexed(body: unknown, ackId: number): boolean {
  if (typeof body !== 'object' || body === null || !('acks' in body)) return false;
  const { acks } = body;
  return (
    typeof acks === 'object' &&
    acks !== null &&
    Object.entries(acks).some(([id, done]) => Number(id) === ackId && done === true)
  );
}

function numberAt(body: unknown, key: string): number | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  const value: unknown = Object.entries(body).find(([name]) => name === key)?.[1];
  return typeof value === 'number' ? value : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
