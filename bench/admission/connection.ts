import { once } from 'node:events';
import { connect, type TLSSocket } from 'node:tls';

/** A keep-alive connection with one request in flight. */
export interface Connection {
  /** The body of the answer; rejects when the connection breaks. */
  exchange(body: Buffer): Promise<string>;
  close(): void;
}

/**
 * HTTP/1.1 by hand over TLS: `node:https` costs the client more than most servers spend on an answer, and with one core
 * each it would be the client that is measured.
 */
export async function openConnection(target: URL, authority: string): Promise<Connection> {
  const socket = connect({
    host: target.hostname,
    port: Number(target.port),
    ca: authority,
    ALPNProtocols: ['http/1.1'],
  });
  socket.setNoDelay(true);
  await once(socket, 'secureConnect');
  const head =
    `POST ${target.pathname}?timeout=10s HTTP/1.1\r\nHost: ${target.host}\r\nUser-Agent: kube-apiserver-admission\r\n` +
    'Accept: application/json, */*\r\nContent-Type: application/json\r\nContent-Length: ';
  let waiting: PromiseWithResolvers<string> | undefined;
  let received = '';
  const broken = (error: Error): void => {
    waiting?.reject(error);
    waiting = undefined;
  };
  socket.on('error', broken);
  socket.on('close', () => broken(new Error('the server closed the connection')));
  socket.on('data', (chunk: Buffer) => {
    received += chunk.toString('latin1');
    const body = completeBody(received);
    if (body === undefined) return;
    received = '';
    const { resolve } = waiting ?? {};
    waiting = undefined;
    resolve?.(body);
  });
  return {
    exchange: (body) => {
      waiting = Promise.withResolvers<string>();
      send(socket, `${head}${body.length}\r\n\r\n`, body);
      return waiting.promise;
    },
    close: () => socket.destroy(),
  };
}

function send(socket: TLSSocket, head: string, body: Buffer): void {
  socket.cork();
  socket.write(head, 'latin1');
  socket.write(body);
  socket.uncork();
}

/** The body of one whole response, or undefined while some of it is missing. */
function completeBody(text: string): string | undefined {
  const end = text.indexOf('\r\n\r\n');
  if (end === -1) return undefined;
  const length = /\r\ncontent-length: *(\d+)/i.exec(text.slice(0, end))?.[1];
  const body = text.slice(end + 4);
  if (length !== undefined) return body.length >= Number(length) ? body : undefined;
  return body.endsWith('0\r\n\r\n') ? body : undefined;
}
