import { request as httpsRequest } from 'node:https';
import { randomBytes } from 'node:crypto';
import type { ApiClient } from './api-client.ts';

export type Upgraded =
  /** The API server switched protocols: the command was let in. `output` is what the streams carried, frames and all. */
  | { readonly kind: 'Allowed'; readonly output: string }
  | { readonly kind: 'Refused'; readonly code: number; readonly message: string };

/** How kubectl opens an exec: first over WebSocket (KEP-4006), and when that is refused over SPDY. */
const PROTOCOLS = {
  websocket: {
    method: 'GET',
    headers: () => ({
      Connection: 'Upgrade',
      Upgrade: 'websocket',
      'Sec-WebSocket-Version': '13',
      'Sec-WebSocket-Key': randomBytes(16).toString('base64'),
      'Sec-WebSocket-Protocol': 'v5.channel.k8s.io',
    }),
  },
  spdy: {
    method: 'POST',
    headers: () => ({
      Connection: 'Upgrade',
      Upgrade: 'SPDY/3.1',
      'X-Stream-Protocol-Version': 'v4.channel.k8s.io',
      'Content-Length': '0',
    }),
  },
} as const;

const OPEN_MS = 40_000;
/** A stream that SPDY lets in has no channels of ours: it says nothing, and is closed. */
const STREAM_MS = { websocket: 20_000, spdy: 500 } as const;

export interface RawExec {
  readonly namespace: string;
  readonly pod: string;
  readonly command: readonly string[];
}

/** One upgrade request to the exec URL of the API server, as kubectl sends it. */
export function rawExec(client: ApiClient, exec: RawExec, protocol: keyof typeof PROTOCOLS): Promise<Upgraded> {
  const url = new URL(`/api/v1/namespaces/${exec.namespace}/pods/${exec.pod}/exec`, client.url);
  url.searchParams.set('container', 'app');
  url.searchParams.set('stdout', 'true');
  url.searchParams.set('stderr', 'true');
  for (const part of exec.command) url.searchParams.append('command', part);
  const { method, headers } = PROTOCOLS[protocol];
  return new Promise((resolve, reject) => {
    const { ca, cert, key } = client.agent.options;
    const outgoing = httpsRequest(url, {
      method,
      agent: false,
      headers: headers(),
      timeout: OPEN_MS,
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
    });
    outgoing.on('upgrade', (_response, socket, head) => {
      const chunks: Buffer[] = [head];
      const timer = setTimeout(() => socket.destroy(), STREAM_MS[protocol]);
      socket.on('data', (chunk: Buffer) => chunks.push(chunk));
      // The server's close frame is the end of the command; nobody answers it.
      socket.on('end', () => socket.destroy());
      socket.on('error', () => undefined);
      socket.on('close', () => {
        clearTimeout(timer);
        resolve({ kind: 'Allowed', output: Buffer.concat(chunks).toString('latin1') });
      });
    });
    outgoing.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({ kind: 'Refused', code: response.statusCode ?? 0, message: Buffer.concat(chunks).toString('utf8') }),
      );
    });
    outgoing.on('error', reject);
    outgoing.on('timeout', () => outgoing.destroy(new Error('no answer to the upgrade')));
    outgoing.end();
  });
}

/** What kubectl does: WebSocket, then SPDY. Both answers. */
export async function execAsKubectl(client: ApiClient, exec: RawExec): Promise<readonly Upgraded[]> {
  const first = await rawExec(client, exec, 'websocket');
  return first.kind === 'Allowed' ? [first] : [first, await rawExec(client, exec, 'spdy')];
}
