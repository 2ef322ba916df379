import { signedHeaders, WebhookSecretError } from '../../platform/http/standard-webhook.ts';
import type { Secret } from '../../platform/telemetry/redact.ts';
import type { Clock } from '../../ports/clock.ts';
import { assertTaken, type HttpTarget, postTo, readable } from './http.ts';
import { type Sink, SinkDelayedError, type SinkMessage } from './sink.ts';

export interface WebhookSinkOptions extends HttpTarget {
  /** `whsec_…`, read anew each time: it may be rotated. */
  readonly secret: () => Promise<Secret<string>>;
}

/**
 * Batches of CloudEvents (JSON Event Format 1.0 §4, JSON Batch Format), signed by the Standard Webhooks scheme as
 * notifications are. `webhook-id` names the batch; each event has the id of its record.
 */
export function createWebhookSink({ secret, ...target }: WebhookSinkOptions, clock: Pick<Clock, 'now'>): Sink {
  return {
    send: async (batch, signal) => {
      const key = await readable('the signing secret', secret);
      const body = `[${batch.map(cloudEvent).join(',')}]`;
      const headers = {
        'content-type': 'application/cloudevents-batch+json; charset=utf-8',
        ...signed(key, idOf(batch), new Date(clock.now()), body),
      };
      assertTaken(await postTo(target, headers, body, signal));
      return { rejected: 0 };
    },
  };
}

function idOf(batch: readonly SinkMessage[]): string {
  const [first] = batch;
  const last = batch.at(-1);
  return first === last ? (first?.id ?? '') : `${first?.id ?? ''}-${last?.seq ?? ''}`;
}

/** CloudEvents 1.0.2: `source` and `id` together are unique. */
function cloudEvent({ id, kind, document, json }: SinkMessage): string {
  const attributes = {
    specversion: '1.0',
    id,
    source: `urn:uuid:${document.sallyport.ledger}`,
    type: `dev.sallyport.evidence.${kind.replaceAll(/(?<=[a-z])[A-Z]/g, (letter) => `-${letter}`).toLowerCase()}`,
    subject: document.sallyport.record,
    time: document['@timestamp'],
    datacontenttype: 'application/json',
  };
  return `${JSON.stringify(attributes).slice(0, -1)},"data":${json}}`;
}

function signed(secret: Secret<string>, id: string, at: Date, body: string): Record<string, string> {
  try {
    return signedHeaders(secret, id, at, body);
  } catch (error) {
    throw error instanceof WebhookSecretError
      ? new SinkDelayedError('Unreadable', error.message, undefined, { cause: error })
      : error;
  }
}
