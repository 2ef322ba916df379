import { createHmac } from 'node:crypto';
import type { Acknowledged } from './socket-mode.ts';

export interface SignedOptions {
  readonly secret: string;
  readonly now: number;
  /** Headers that differ from what Slack would send. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly retry?: number;
}

const ACK_MS = 3_000;

/** docs.slack.dev/authentication/verifying-requests-from-slack: `v0=` HMAC-SHA256 of `v0:timestamp:body`. */
export function signature(secret: string, timestamp: number | string, body: string): string {
  return `v0=${createHmac('sha256', secret).update(`v0:${timestamp}:${body}`).digest('hex')}`;
}

/** The body of an interaction, as Slack sends it to the request URL. */
export function formBody(payload: object): string {
  return `payload=${encodeURIComponent(JSON.stringify(payload))}`;
}

/** Sends a body, signed, and waits for as long as Slack does. */
export async function deliverSigned(
  url: string,
  body: string,
  { secret, now, headers = {}, retry }: SignedOptions,
): Promise<Acknowledged> {
  const timestamp = String(Math.floor(now / 1_000));
  const retried: Record<string, string> =
    retry === undefined ? {} : { 'X-Slack-Retry-Num': String(retry), 'X-Slack-Retry-Reason': 'http_timeout' };
  const began = Date.now();
  try {
    const response = await fetch(url, {
      method: 'POST',
      body,
      redirect: 'error',
      signal: AbortSignal.timeout(ACK_MS),
      headers: {
        'Content-Type': 'application/x-www-form-urlencoded',
        'User-Agent': 'Slackbot 1.0 (+https://api.slack.com/robots)',
        'X-Slack-Request-Timestamp': timestamp,
        'X-Slack-Signature': signature(secret, timestamp, body),
        ...retried,
        ...headers,
      },
    });
    const text = await response.text();
    const ms = Date.now() - began;
    const payload: unknown = text.startsWith('{') ? JSON.parse(text) : undefined;
    return { acked: response.status === 200, ms, status: response.status, payload };
  } catch {
    return { acked: false, ms: Date.now() - began };
  }
}
