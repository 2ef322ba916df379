import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import { decisions } from '../../../test/builders/evidence.ts';
import { sinkMessages } from '../../../test/builders/sink-messages.ts';
import { FakeClock } from '../../ports/fake-clock.ts';
import { Secret } from '../../platform/telemetry/redact.ts';
import { createSplunkHecSink, type SplunkHecOptions } from './splunk-hec.ts';

const NEVER = new AbortController().signal;
const CHANNEL = '6f1c7c2e-3a52-4f0c-8a36-0d9a0c9d6c11';

interface HecEvent {
  readonly time: number;
  readonly index?: string;
  readonly fields: { readonly evidence_id: string };
  readonly event: object;
}

/**
 * A strict stand-in at the wire for Splunk's HTTP Event Collector, which is in no registry: paths, headers, codes and
 * acknowledgments as its documentation has them ("Format events for HTTP Event Collector", "About HTTP Event Collector
 * Indexer Acknowledgment", "Possible error codes"). It is no Splunk.
 */
async function startCollector(options: { readonly acks?: boolean } = {}) {
  const events: HecEvent[] = [];
  /** Looks until the next batch is indexed. */
  const state = { looks: 0, next: undefined as { status: number; code: number; retryAfter?: string } | undefined };
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const answer = (status: number, body: object, headers: Record<string, string> = {}) =>
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
    const body = await bodyOf(request);
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://collector');
    if (request.headers.authorization !== 'Splunk 11111111-2222-3333-4444-555555555555')
      return answer(403, { text: 'Invalid token', code: 4 });
    const channel = request.headers['x-splunk-request-channel'] ?? searchParams.get('channel');
    if (options.acks === true && channel === null) return answer(400, { text: 'Data channel is missing', code: 10 });
    if (pathname === '/services/collector/ack') {
      state.looks -= 1;
      return answer(200, { acks: { '0': state.looks < 0 } });
    }
    if (pathname !== '/services/collector/event') return answer(404, { text: 'Not found', code: 404 });
    if (state.next !== undefined) {
      const { status, code, retryAfter } = state.next;
      state.next = undefined;
      return answer(status, { text: 'no', code }, retryAfter === undefined ? {} : { 'retry-after': retryAfter });
    }
    const batch = split(body);
    const bad = batch.findIndex(({ event }) => event === undefined);
    if (bad !== -1) return answer(400, { text: 'Event field is required', code: 12, 'invalid-event-number': bad });
    const unknown = batch.find(({ index }) => index !== undefined && index !== 'security');
    if (unknown !== undefined) return answer(400, { text: 'Incorrect index', code: 7, 'invalid-event-number': 0 });
    events.push(...batch);
    return answer(200, { text: 'Success', code: 0, ...(options.acks === true ? { ackId: 0 } : {}) });
  };
  const server = createServer((request, response) => {
    handle(request, response).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    events,
    state,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

/** HEC takes objects one behind the other; ours have a line each. */
function split(body: string): HecEvent[] {
  return body.split('\n').map((line) => JSON.parse(line) as HecEvent);
}

function sinkTo(url: string, options: Partial<SplunkHecOptions> = {}, clock = new FakeClock()) {
  const token = async () => new Secret('11111111-2222-3333-4444-555555555555');
  return createSplunkHecSink({ url, token, sourcetype: '_json', timeoutMs: 2_000, ...options }, clock);
}

describe('Splunk HEC, as a strict stand-in has it', () => {
  test('gets one event a record, with its time, and its id as an indexed field', async () => {
    await using collector = await startCollector();
    const messages = await sinkMessages(decisions(2));
    await sinkTo(collector.url, { index: 'security' }).send(messages, NEVER);
    expect(collector.events).toEqual(
      messages.map(({ id, document }) => ({
        time: Date.parse('2026-01-01T00:00:00Z') / 1000,
        host: document.sallyport.ledger,
        source: 'sallyport',
        sourcetype: '_json',
        index: 'security',
        fields: { evidence_id: id },
        event: document,
      })),
    );
  });

  test.each([
    ['a wrong token', { token: async () => new Secret('wrong') }, undefined, { code: 'Unauthorized' }],
    ['an index that is not there, which no halving mends', { index: 'x' }, undefined, { code: 'Misconfigured' }],
    ['an event that it will not have', {}, { status: 400, code: 6 }, { name: 'SinkRefusedError', code: 'BadRequest' }],
    ['a full queue', {}, { status: 503, code: 9, retryAfter: '5' }, { code: 'Busy', afterMs: 5_000 }],
    ['too many calls', {}, { status: 429, code: 9, retryAfter: '2' }, { code: 'Busy', afterMs: 2_000 }],
    ['too much', {}, { status: 413, code: 0 }, { code: 'TooLarge' }],
  ])('says what is wrong: %s', async (_, options, next, failure) => {
    await using collector = await startCollector();
    collector.state.next = next;
    await expect(sinkTo(collector.url, options).send(await sinkMessages(), NEVER)).rejects.toMatchObject(failure);
    expect(collector.events).toEqual([]);
  });

  test('with acknowledgments a batch counts when it is indexed, and not before', async () => {
    await using collector = await startCollector({ acks: true });
    collector.state.looks = 3;
    let at = 0;
    const clock = Object.assign(new FakeClock(), {
      sleep: async (ms: number) => {
        at += ms;
      },
    });
    await sinkTo(collector.url, { ackChannel: CHANNEL }, clock).send(await sinkMessages(), NEVER);
    expect(at).toBe(3_000);
    collector.state.looks = 1_000;
    const impatient = Object.assign(new FakeClock(), { now: () => at, sleep: clock.sleep });
    const sending = sinkTo(collector.url, { ackChannel: CHANNEL }, impatient).send(await sinkMessages(), NEVER);
    await expect(sending).rejects.toMatchObject({ code: 'Timeout' });
  });

  test('a token that gives no acknowledgments is said, not waited for', async () => {
    await using collector = await startCollector();
    const sending = sinkTo(collector.url, { ackChannel: CHANNEL }).send(await sinkMessages(), NEVER);
    await expect(sending).rejects.toMatchObject({ code: 'Misconfigured' });
  });
});
