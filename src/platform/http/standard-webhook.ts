import { Webhook } from 'standardwebhooks';
import type { Secret } from '../telemetry/redact.ts';

/** https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#signature-scheme */
const KEY_BYTES = { least: 24, most: 64 } as const;

/** What should sign is no secret of Standard Webhooks. Its message quotes nothing of it. */
export class WebhookSecretError extends Error {
  override readonly name = 'WebhookSecretError';
  readonly code = 'WebhookSecret';
}

/**
 * The headers of a message by the Standard Webhooks scheme (https://www.standardwebhooks.com).
 *
 * @param secret `whsec_…`
 * @param id the same for each attempt of the same message, so that a receiver drops what it has
 * @throws {WebhookSecretError}
 */
export function signedHeaders(secret: Secret<string>, id: string, at: Date, body: string): Record<string, string> {
  return {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
    'webhook-signature': signatureOf(checked(secret), id, at, body),
  };
}

/** The library signs with anything, such as an empty key, and only the receiver would say so. */
function checked(secret: Secret<string>): string {
  const text = secret.reveal();
  const encoded = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(text)?.[1] ?? '';
  const bytes = Buffer.from(encoded, 'base64');
  if (bytes.length < KEY_BYTES.least || bytes.length > KEY_BYTES.most || bytes.toString('base64') !== encoded)
    throw new WebhookSecretError(
      `the signing secret must be whsec_ and the base64 of ${KEY_BYTES.least} to ${KEY_BYTES.most} bytes`,
    );
  return text;
}

function signatureOf(secret: string, id: string, at: Date, body: string): string {
  try {
    return new Webhook(secret).sign(id, at, body);
  } catch {
    // What it throws may quote the secret.
    throw new WebhookSecretError('the signing secret is none of Standard Webhooks (whsec_…)');
  }
}
