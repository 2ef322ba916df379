import type { webApi } from '@slack/bolt';
import { type IncomingMessage, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';

/** Far above what Slack answers: a page of its users or channels is some hundred kilobytes. */
const ANSWER_BYTES = 16 * 1024 * 1024;

/** A Response of these has none (fetch.spec.whatwg.org). */
const BODILESS: ReadonlySet<number> = new Set([204, 205, 304]);

/**
 * `fetch` as far as bolt's client needs it. The global one leaves a connection that is just being made to itself when a call
 * is called off: where Slack cannot be reached that would keep the process for another 10 s. Redirects are answers like
 * others, and so refused by the client.
 *
 * @param signal ends every call, together with the call's own one
 */
export function slackFetch(signal: AbortSignal): webApi.FetchFunction {
  return async (url, init = {}) => {
    const { method = 'GET', headers = {}, body } = init;
    if (body !== undefined && typeof body !== 'string') throw new TypeError('only texts are sent to Slack');
    const target = new URL(url);
    const send = target.protocol === 'http:' ? httpRequest : httpsRequest;
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    // Nothing is unpacked here.
    const sent = { ...headers, 'accept-encoding': 'identity' };
    const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
    const request = send(
      target,
      { method, headers: { ...sent, ...length }, signal: either(init.signal, signal) },
      resolve,
    );
    // Stays registered: an error after the answer must not become an uncaught exception.
    request.on('error', reject);
    request.end(body);
    const response = await promise;
    const { 'content-encoding': coding = 'identity' } = response.headers;
    const text = await read(response);
    if (coding !== 'identity') throw new Error(`the answer is packed: ${coding}`);
    const status = response.statusCode ?? 500;
    return new Response(BODILESS.has(status) ? undefined : text, {
      status,
      statusText: response.statusMessage ?? '',
      headers: Object.entries(response.headersDistinct).flatMap(([name, values = []]) =>
        values.map((value): [string, string] => [name, value]),
      ),
    });
  };
}

async function read(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    // Which destroys the response.
    if (size > ANSWER_BYTES) throw new Error(`the answer is larger than ${ANSWER_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function either(one: AbortSignal | undefined, other: AbortSignal): AbortSignal {
  return one === undefined ? other : AbortSignal.any([one, other]);
}
