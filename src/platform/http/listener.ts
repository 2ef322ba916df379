import { once } from 'node:events';
import type { IncomingMessage, Server, ServerOptions, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../../ports/clock.ts';
import type { Logger } from '../telemetry/logger.ts';
import { callerSignal } from './abort-signal.ts';
import { sendFailure } from './send-json.ts';

/**
 * Answers one request, and has ended the response when its promise resolves. What it throws is answered with a 500 that
 * says nothing about the cause. A request whose body was not read is answered with `sendRefusal`: otherwise Node goes
 * on reading, for as long as the sender likes.
 */
export type Handler = (request: IncomingMessage, response: ServerResponse, signal: AbortSignal) => Promise<void>;

export interface ListenerLimits {
  /** Connections above this are closed at once: each costs memory before it is authenticated. */
  readonly maxConnections: number;
  /** The request line and headers together; above it Node answers 431. */
  readonly maxHeaderBytes: number;
  /** From the first byte of a request, or from the connection, to the end of its headers. */
  readonly headersMs: number;
  /** From the first byte of a request to the end of its body; a backstop behind the deadline of `readBody`. */
  readonly requestMs: number;
  /** Idle connections. Go keeps its own for 90 s: whoever closes later avoids the race that ends in an EOF. */
  readonly keepAliveMs: number;
  /** While draining, new requests are still served for this long, until every endpoint list forgets this process. */
  readonly lingerMs: number;
  /** After that, requests in flight get this long to finish. */
  readonly drainMs: number;
}

export const DEFAULT_LISTENER_LIMITS: ListenerLimits = {
  maxConnections: 1024,
  maxHeaderBytes: 64 * 1024,
  headersMs: 10_000,
  requestMs: 20_000,
  keepAliveMs: 120_000,
  lingerMs: 3000,
  drainMs: 31_000,
};

export interface ListenerOptions {
  readonly host: string;
  /** 0 takes a free one; `start` says which. */
  readonly port: number;
  readonly limits: ListenerLimits;
  readonly handler: Handler;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface Listener extends AsyncDisposable {
  /** Resolves once connections are accepted; rejects when the address is taken. */
  start(): Promise<{ readonly host: string; readonly port: number }>;
  /** False before `start`, and from the moment that draining begins. */
  ready(): boolean;
}

/** How often Node looks for connections that are over their time; its own default of 30 s is longer than the times. */
const CHECK_INTERVAL_MS = 1000;

/** Once nothing is in flight and nothing has come on any connection for this long, all are closed. */
const SILENT_MS = 250;

/** The options of `http.createServer` and `https.createServer` that follow from the limits. */
export function serverOptions(limits: ListenerLimits): ServerOptions {
  return {
    maxHeaderSize: limits.maxHeaderBytes,
    headersTimeout: limits.headersMs,
    requestTimeout: Math.max(limits.requestMs, limits.headersMs),
    keepAliveTimeout: limits.keepAliveMs,
    connectionsCheckingInterval: CHECK_INTERVAL_MS,
    insecureHTTPParser: false,
    requireHostHeader: true,
  };
}

/** Life and death of a server, the same for TLS and plain text. */
export function superviseServer(server: Server, options: ListenerOptions): Listener {
  const { limits, clock, log } = options;
  const inFlight = new Set<ServerResponse>();
  const sockets = new Set<Socket>();
  let state: 'new' | 'serving' | 'draining' = 'new';
  let stopped: Promise<void> | undefined;

  server.maxConnections = limits.maxConnections;
  // Sockets are tracked by hand: Node's own list leaves out those that never finish their TLS handshake.
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.on('request', (request, response) => {
    inFlight.add(response);
    response.once('close', () => inFlight.delete(response));
    if (state === 'draining') response.setHeader('Connection', 'close');
    void answer(request, response, options);
  });

  async function drain(): Promise<void> {
    const wasServing = state === 'serving';
    state = 'draining';
    if (!wasServing) return;
    for (const response of inFlight) {
      if (!response.headersSent) response.setHeader('Connection', 'close');
    }
    await clock.sleep(limits.lingerMs);
    const closed = once(server, 'close');
    server.close();
    const late = new AbortController();
    const over = [nothingInFlight(late.signal), clock.sleep(limits.drainMs, late.signal)];
    await Promise.race([closed, ...over.map((each) => each.catch(ignore))]);
    late.abort();
    if (inFlight.size > 0) log.warn({ requests: inFlight.size }, 'requests were cut off at the end of the drain');
    const answersGone = [...inFlight].map((response) => once(response, 'close'));
    server.closeAllConnections();
    for (const socket of sockets) socket.destroy();
    await Promise.all([closed, ...answersGone]);
  }

  /**
   * Clients keep connections in reserve that they have never used, as Go's do. Node closes idle ones by itself, but takes
   * these for busy: without this they would hold up every end for `drainMs`. One on which a handshake or headers are just
   * coming is no such connection: what is cut off there is a review, and so somebody's command.
   */
  async function nothingInFlight(signal: AbortSignal): Promise<void> {
    let before: number;
    do {
      await Promise.all([...inFlight].map((response) => once(response, 'close', { signal })));
      before = bytesReceived();
      await clock.sleep(SILENT_MS, signal);
      // Timers come before sockets: after a pause of the whole process, what has come meanwhile is not read yet.
      await setImmediate();
    } while (inFlight.size > 0 || bytesReceived() !== before);
  }

  /** On the connections that are open. */
  function bytesReceived(): number {
    return [...sockets].reduce((sum, { bytesRead }) => sum + bytesRead, 0);
  }

  return {
    start: async () => {
      if (state !== 'new') throw new TypeError('a listener starts once');
      server.listen(options.port, options.host);
      await once(server, 'listening');
      state = 'serving';
      const { address, port } = server.address() as AddressInfo;
      return { host: address, port };
    },
    ready: () => state === 'serving',
    [Symbol.asyncDispose]: () => (stopped ??= drain()),
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { handler, log }: ListenerOptions,
): Promise<void> {
  const signal = callerSignal(response);
  try {
    await handler(request, response, signal);
    if (response.writableEnded || signal.aborted) return;
    log.error({}, 'a handler ended without an answer');
    fail(response);
  } catch (error) {
    if (signal.aborted) return;
    log.error(describeError(error), 'a request could not be handled');
    fail(response);
  }
}

function fail(response: ServerResponse): void {
  if (response.headersSent) response.destroy();
  else sendFailure(response, { code: 500, reason: 'InternalError', message: 'the request could not be handled' });
}

/** Without the message unless it is one of ours: that of a parser quotes what was sent, which may be a secret. */
function describeError(error: unknown): object {
  if (!(error instanceof Error)) return { error: typeof error };
  const code: unknown = 'code' in error ? error.code : undefined;
  const frames = (error.stack ?? '').split('\n').filter((line) => line.startsWith('    at '));
  return { error: error.name, code, message: code === undefined ? undefined : error.message, frames };
}

function ignore(): void {}
