import { Webhook } from 'standardwebhooks';
import type { Received } from './receiver.ts';

/** The body of a message as whoever knows the secret reads it. @throws WebhookVerificationError */
export function verifyWebhook(secret: string, { headers, body }: Pick<Received, 'headers' | 'body'>): unknown {
  return new Webhook(secret).verify(body, headers as Record<string, string>);
}
