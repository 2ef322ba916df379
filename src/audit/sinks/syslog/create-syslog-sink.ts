import { once } from 'node:events';
import { isIP } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { readable } from '../http.ts';
import { type Sink, SinkDelayedError } from '../sink.ts';
import { type SyslogOptions, syslogMessage } from './syslog-message.ts';

export interface SyslogSinkOptions extends SyslogOptions {
  readonly host: string;
  /** 6514 is registered for it. */
  readonly port: number;
  /** PEM, read anew each time; without it the public authorities. */
  readonly ca?: () => Promise<string>;
  /** Of ours, where the receiver asks for one: RFC 5425 §4.2. */
  readonly client?: () => Promise<{ readonly cert: string; readonly key: string }>;
  /** For a whole batch, in milliseconds. */
  readonly timeoutMs: number;
}

/**
 * Syslog over TLS by RFC 5425: each message behind its length (§4.3). Syslog has no answer, so each batch has a connection of
 * its own: we close our side behind it, and the receiver "MUST reply with a close_notify" (§4.4), which it does when it has
 * read all that came before. Without that the batch is sent again.
 */
export function createSyslogSink({ host, port, ca, client, timeoutMs, ...options }: SyslogSinkOptions): Sink {
  return {
    send: async (batch, signal) => {
      const authority = ca === undefined ? undefined : await readable('the authority', ca);
      const own = client === undefined ? undefined : await readable('the client certificate', client);
      // Behind the reads: a signal that has been given is given no more, and nothing would end the connection.
      signal.throwIfAborted();
      const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
      const socket = connect({
        host,
        port,
        ...(isIP(host) === 0 ? { servername: host } : {}),
        minVersion: 'TLSv1.2',
        ...(authority === undefined ? {} : { ca: authority }),
        ...own,
      });
      const abort = () => socket.destroy(new Error('no end of the connection in time'));
      limit.addEventListener('abort', abort, { once: true });
      try {
        await once(socket, 'secureConnect');
        const frames = batch.map((message) => {
          const text = syslogMessage(message, options);
          // SYSLOG-FRAME = MSG-LEN SP SYSLOG-MSG
          return Buffer.concat([Buffer.from(`${text.length} `), text]);
        });
        await closedBehind(socket, Buffer.concat(frames));
        return { rejected: 0 };
      } catch (error) {
        const late = limit.aborted && !signal.aborted;
        const why = error instanceof Error ? (codeOf(error) ?? error.message) : 'connection failed';
        throw new SinkDelayedError(
          late ? 'Timeout' : 'Unreachable',
          late ? `the receiver did not close the connection in ${timeoutMs / 1000} s` : why,
          undefined,
          { cause: error },
        );
      } finally {
        limit.removeEventListener('abort', abort);
        socket.destroy();
      }
    },
  };
}

/** Resolves when the other side has ended as well, without an error. */
async function closedBehind(socket: TLSSocket, bytes: Buffer): Promise<void> {
  const ended = new Promise<void>((resolve, reject) => {
    let clean = false;
    socket.once('error', reject);
    socket.once('end', () => {
      clean = true;
    });
    socket.once('close', (failed) => (clean && !failed ? resolve() : reject(new Error('the connection broke'))));
  });
  // What a receiver says is nothing of the protocol; unread it would keep the end from being seen.
  socket.resume();
  socket.end(bytes);
  await ended;
}

function codeOf(error: Error & { readonly code?: unknown }): string | undefined {
  return typeof error.code === 'string' ? error.code : undefined;
}
