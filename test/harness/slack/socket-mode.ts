import { randomUUID } from 'node:crypto';
import type { Server } from 'node:http';
import { type WebSocket, WebSocketServer } from 'ws';
import { z } from 'zod';

export interface Acknowledged {
  readonly acked: boolean;
  readonly ms: number;
  /** What came with the acknowledgement: errors of a form. */
  readonly payload?: unknown;
  /** Of HTTP. */
  readonly status?: number;
}

export interface SocketMode extends Disposable {
  /** A ticket of `apps.connections.open`, good for one connection. */
  open(): string;
  connections(): number;
  deliver(payload: object, options?: { readonly retry?: number }): Promise<Acknowledged>;
  /** As Slack does when it moves a connection: the app must connect anew. */
  refresh(): void;
  /** Cuts every connection without a word. */
  cut(): void;
  /** Answers nothing any more, not even that a connection ends. */
  freeze(): void;
  /** Sends a frame as it is. */
  sendRaw(frame: string): void;
}

const ACK_MS = 3_000;
/** docs.slack.dev/apis/events-api/using-socket-mode: at most ten connections at once. */
const MOST_CONNECTIONS = 10;

const acknowledgement = z.strictObject({ envelope_id: z.string(), payload: z.unknown().optional() });

/** docs.slack.dev/apis/events-api/using-socket-mode */
export function createSocketMode(server: Server, app: string, port: () => number): SocketMode {
  const sockets = new WebSocketServer({ noServer: true });
  const tickets = new Set<string>();
  const waiting = new Map<string, (payload: unknown) => void>();
  const live = new Set<WebSocket>();

  server.on('upgrade', (request, socket, head) => {
    const url = new URL(request.url ?? '', 'ws://slack');
    if (url.pathname !== '/link/' || !tickets.delete(url.searchParams.get('ticket') ?? ''))
      return void socket.destroy();
    sockets.handleUpgrade(request, socket, head, (connection) => {
      if (live.size >= MOST_CONNECTIONS) return connection.close();
      live.add(connection);
      connection.on('close', () => live.delete(connection));
      connection.on('error', () => live.delete(connection));
      connection.on('message', (data: Buffer) => {
        const ack = acknowledgement.parse(JSON.parse(data.toString('utf8')));
        waiting.get(ack.envelope_id)?.(ack.payload);
      });
      connection.send(
        JSON.stringify({
          type: 'hello',
          num_connections: live.size,
          connection_info: { app_id: app },
          debug_info: { host: 'applink', build_number: 1, approximate_connection_time: 18_060 },
        }),
      );
    });
  });

  return {
    open: () => {
      const ticket = randomUUID();
      tickets.add(ticket);
      return `ws://127.0.0.1:${port()}/link/?ticket=${ticket}&app_id=${app}`;
    },
    connections: () => live.size,
    deliver: async (payload, { retry } = {}) => {
      const connection = [...live].at(-1);
      if (connection === undefined) return { acked: false, ms: 0 };
      const envelope_id = randomUUID();
      const began = Date.now();
      const acked = new Promise<Acknowledged>((resolve) => {
        const late = setTimeout(() => settle({ acked: false, ms: Date.now() - began }), ACK_MS);
        const settle = (result: Acknowledged) => {
          clearTimeout(late);
          waiting.delete(envelope_id);
          resolve(result);
        };
        waiting.set(envelope_id, (answer) => settle({ acked: true, ms: Date.now() - began, payload: answer }));
      });
      const retried = retry === undefined ? {} : { retry_attempt: retry, retry_reason: 'timeout' };
      connection.send(
        JSON.stringify({ envelope_id, type: 'interactive', accepts_response_payload: true, payload, ...retried }),
      );
      return acked;
    },
    refresh: () => {
      for (const connection of live)
        connection.send(
          JSON.stringify({ type: 'disconnect', reason: 'refresh_requested', debug_info: { host: 'applink' } }),
        );
    },
    cut: () => {
      for (const connection of live) connection.terminate();
    },
    freeze: () => {
      for (const connection of live) connection.pause();
    },
    sendRaw: (frame) => {
      for (const connection of live) connection.send(frame);
    },
    [Symbol.dispose]: () => {
      for (const connection of live) connection.terminate();
      sockets.close();
    },
  };
}
