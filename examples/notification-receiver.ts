import type { IncomingMessage, ServerResponse } from 'node:http';
import { Webhook, WebhookVerificationError } from 'standardwebhooks';

/** What Sallyport sends: a CloudEvent 1.0. */
export interface ApprovalEvent {
  readonly id: string;
  /** Such as `dev.sallyport.request.asked`. */
  readonly type: string;
  /** `namespace/name` of the ApprovalRequest. */
  readonly subject: string;
  readonly data: { readonly request: object; readonly notice: { readonly title: string } };
}

/** Far more than any event has. */
const BODY_BYTES = 256 * 1024;

/**
 * A receiver of Sallyport's webhooks, for `http.createServer(notificationReceiver(secret, handle))` behind your TLS. It
 * checks who sent an event and when, and hands on each event once.
 *
 * @param secret `whsec_…`, as in the file that notify.webhooks[].secretFile names
 */
export function notificationReceiver(secret: string, handle: (event: ApprovalEvent) => void) {
  const webhook = new Webhook(secret);
  // A delivery that is tried again has the same id. Keep them where a restart does not lose them.
  const seen = new Set<string>();
  return (request: IncomingMessage, response: ServerResponse): void => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > BODY_BYTES) request.destroy();
      else chunks.push(chunk);
    });
    request.on('end', () => {
      try {
        // The text as it came: parsed and written again, it has another signature.
        const text = Buffer.concat(chunks).toString();
        const event = webhook.verify(text, request.headers as Record<string, string>) as ApprovalEvent;
        if (!seen.has(event.id)) handle(event);
        seen.add(event.id);
        response.writeHead(204).end();
      } catch (error) {
        response.writeHead(error instanceof WebhookVerificationError ? 401 : 500).end();
      }
    });
  };
}
