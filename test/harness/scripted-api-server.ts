import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { status, type StoredObject, VersionedStore } from './versioned-store.ts';

export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: IncomingMessage['headers'];
  readonly body: unknown;
  /** CN of the client certificate, if one was shown. */
  readonly clientName: string | undefined;
  readonly clientPort: number;
}

/** What a script does with a request instead of answering it properly. */
export type Fault =
  | { readonly type: 'Json'; readonly status: number; readonly body: unknown }
  | { readonly type: 'Text'; readonly status: number; readonly text: string }
  | { readonly type: 'Reset' }
  /** Takes the request and never answers. */
  | { readonly type: 'Silence' }
  | { readonly type: 'Slow'; readonly ms: number };

export interface Tls {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
  readonly clientCert: string;
  readonly clientKey: string;
}

interface OpenWatch {
  readonly collection: string;
  readonly namespace: string;
  readonly bookmarks: boolean;
  readonly response: ServerResponse;
}

/**
 * A Kubernetes API server of one page: real HTTP on loopback, real resource versions, conflicts, pages and watches, and
 * faults on demand. It knows no admission, no selectors but `metadata.name`, and no kinds: any path is a collection.
 */
export class ScriptedApiServer implements AsyncDisposable {
  readonly store = new VersionedStore();
  readonly requests: RecordedRequest[] = [];
  /** Asked for every request; undefined answers it properly. */
  script: (request: RecordedRequest) => Fault | undefined = () => undefined;
  #watches = new Set<OpenWatch>();
  #server: ReturnType<typeof createHttpServer>;
  #tls: Tls | undefined;
  #folder = '';

  constructor(tls?: Tls) {
    this.#tls = tls;
    const answer = (request: IncomingMessage, response: ServerResponse): void => {
      this.#serve(request, response).catch(() => response.destroy());
    };
    this.#server =
      tls === undefined
        ? createHttpServer(answer)
        : createHttpsServer(
            { ca: tls.ca, cert: tls.cert, key: tls.key, requestCert: true, rejectUnauthorized: false },
            answer,
          );
    this.store.onChange = (type, collection, object) => {
      this.#send(collection, object.metadata.namespace ?? '', { type, object });
    };
  }

  async listen(port = 0): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(port, '127.0.0.1', resolve));
    this.#folder = await mkdtemp(join(tmpdir(), 'scripted-api-server-'));
    await writeFile(this.kubeconfig, JSON.stringify(this.#config()));
    return this;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Path of a kubeconfig for this server. */
  get kubeconfig(): string {
    return join(this.#folder, 'config');
  }

  get watches(): number {
    return this.#watches.size;
  }

  /** A bookmark of now to every watch. */
  bookmark(): void {
    for (const watch of this.#watches) this.#bookmark(watch);
  }

  /** A line to every watch, as it stands. */
  raw(line: string): void {
    for (const { response } of this.#watches) response.write(`${line}\n`);
  }

  endWatches(how: 'End' | 'Reset'): void {
    for (const { response } of this.#watches) {
      if (how === 'End') response.end();
      else response.socket?.resetAndDestroy();
    }
    this.#watches.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
    await rm(this.#folder, { recursive: true, force: true });
  }

  #send(collection: string, namespace: string, event: object): void {
    for (const watch of this.#watches) {
      if (watch.collection !== collection) continue;
      if (watch.namespace !== '' && watch.namespace !== namespace) continue;
      watch.response.write(`${JSON.stringify(event)}\n`);
    }
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const recorded = await record(request);
    this.requests.push(recorded);
    const fault = this.script(recorded);
    switch (fault?.type) {
      case 'Json':
        return reply(response, fault.status, fault.body);
      case 'Text':
        response.writeHead(fault.status).end(fault.text);
        return;
      case 'Reset':
        request.socket.resetAndDestroy();
        return;
      case 'Silence':
        return;
      case 'Slow':
        await new Promise((resolve) => setTimeout(resolve, fault.ms));
        break;
      case undefined:
        break;
    }
    const target = locate(recorded.path);
    if (target === undefined) return reply(response, 404, status(404, 'NotFound', 'no such path'));
    if (recorded.query['watch'] === 'true') return this.#watch(target, recorded, response);
    const [code, body] = this.store.handle(recorded.method, target, recorded.query, recorded.body as StoredObject);
    reply(response, code, body);
  }

  #watch(target: Target, request: RecordedRequest, response: ServerResponse): void {
    const missed = this.store.since(target.collection, Number(request.query['resourceVersion']));
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    if (missed === undefined) {
      response.end(
        `${JSON.stringify({ type: 'ERROR', object: status(410, 'Expired', 'too old resource version') })}\n`,
      );
      return;
    }
    const bookmarks = request.query['allowWatchBookmarks'] === 'true';
    const watch = { collection: target.collection, namespace: target.namespace, bookmarks, response };
    this.#watches.add(watch);
    for (const { type, object } of missed)
      this.#send(target.collection, object.metadata.namespace ?? '', { type, object });
    const timer = setTimeout(
      () => {
        this.#bookmark(watch);
        response.end();
      },
      Number(request.query['timeoutSeconds'] ?? 60) * 1000,
    );
    response.on('close', () => {
      clearTimeout(timer);
      this.#watches.delete(watch);
    });
  }

  #bookmark({ bookmarks, response }: OpenWatch): void {
    const object = { metadata: { resourceVersion: String(this.store.version) } };
    if (bookmarks) response.write(`${JSON.stringify({ type: 'BOOKMARK', object })}\n`);
  }

  #config(): object {
    const tls = this.#tls;
    const cluster =
      tls === undefined
        ? { server: `http://127.0.0.1:${this.port}`, 'insecure-skip-tls-verify': true }
        : { server: `https://127.0.0.1:${this.port}`, 'certificate-authority-data': base64(tls.ca) };
    const user =
      tls === undefined
        ? {}
        : { 'client-certificate-data': base64(tls.clientCert), 'client-key-data': base64(tls.clientKey) };
    return {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'c', cluster }],
      users: [{ name: 'u', user }],
      contexts: [{ name: 'x', context: { cluster: 'c', user: 'u', namespace: 'sallyport-system' } }],
      'current-context': 'x',
    };
  }
}

export interface Target {
  /** Such as `/api/v1/pods`: without namespace and name. */
  readonly collection: string;
  readonly namespace: string;
  readonly name: string;
  readonly subresource: string;
}

function locate(path: string): Target | undefined {
  const match =
    /^(\/api\/v1|\/apis\/[^/]+\/[^/]+)(?:\/namespaces\/([^/]+)(?=\/))?\/([^/]+)(?:\/([^/]+))?(?:\/([^/]+))?$/.exec(
      path,
    );
  if (match === null) return undefined;
  const [, base, namespace = '', plural, name = '', subresource = ''] = match;
  return { collection: `${base}/${plural}`, namespace, name, subresource };
}

async function record(request: IncomingMessage): Promise<RecordedRequest> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  const url = new URL(request.url ?? '/', 'http://server');
  const certificate = (request.socket as { getPeerCertificate?: () => { subject?: { CN?: string } } })
    .getPeerCertificate;
  return {
    method: request.method ?? 'GET',
    path: decodeURIComponent(url.pathname),
    query: Object.fromEntries(url.searchParams),
    headers: request.headers,
    body: text === '' ? undefined : JSON.parse(text),
    clientName: certificate?.call(request.socket).subject?.CN,
    clientPort: request.socket.remotePort ?? 0,
  };
}

function reply(response: ServerResponse, code: number, body: unknown): void {
  response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
