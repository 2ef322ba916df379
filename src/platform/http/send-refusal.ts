import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../../ports/clock.ts';
import { type Failure, statusOf, writeAnswerHead } from './send-json.ts';

/** How long an unwanted body is thrown away after the answer. */
const DISCARD_MS = 500;

/**
 * Answers a request whose body was not read to its end, and closes the connection.
 *
 * Closing a socket with unread bytes makes the kernel send a reset, which can overtake the answer on the caller's side:
 * so the answer goes out whole first, and what still arrives is thrown away for a moment.
 */
export async function sendRefusal(
  request: IncomingMessage,
  response: ServerResponse,
  failure: Failure,
  clock: Clock,
): Promise<void> {
  const body = JSON.stringify(statusOf(failure));
  response.setHeader('Connection', 'close');
  writeAnswerHead(response, failure.code, 'application/json', Buffer.byteLength(body));
  if (!request.complete) {
    response.write(body);
    await discard(request, clock);
    response.end();
  } else {
    response.end(body);
  }
}

/** The same with nothing in it: for a caller that is told nothing, not even that there is a webhook. */
export async function sendNothing(
  request: IncomingMessage,
  response: ServerResponse,
  code: Failure['code'],
  clock: Clock,
): Promise<void> {
  response.writeHead(code, { Connection: 'close', 'Content-Length': 0 });
  response.flushHeaders();
  if (!request.complete) await discard(request, clock);
  response.end();
}

async function discard(request: IncomingMessage, clock: Clock): Promise<void> {
  const enough = new AbortController();
  request.on('error', ignore);
  request.resume();
  const ended = once(request, 'close', { signal: enough.signal }).catch(ignore);
  await Promise.race([ended, clock.sleep(DISCARD_MS, enough.signal).catch(ignore)]);
  enough.abort();
}

function ignore(): void {}
