import type { IncomingMessage } from 'node:http';
import type { Clock } from '../../ports/clock.ts';
import { type Credentials, type KubeConfigSource, loadCredentials } from './credentials.ts';
import { apiErrorFrom, isApiError, KubeResponseError, KubeUnreachableError } from './errors.ts';
import { exchange, readBody } from './http-exchange.ts';
import type { KubeList, KubeObject } from './kube-object.ts';

export interface KubeClientLimits {
  /** Longest time for one call, its body included; watches have their own. */
  readonly timeoutMs: number;
  /** Largest body that is read: a page of 500 objects, not a whole cluster. */
  readonly maxResponseBytes: number;
}

/** An etcd object is 1.5 MiB at most and an ordinary page a few MiB; a larger answer is asked for in smaller pages. */
export const DEFAULT_CLIENT_LIMITS: KubeClientLimits = { timeoutMs: 10_000, maxResponseBytes: 32 * 1024 * 1024 };

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number | undefined;
  readonly query?: Query | undefined;
}

/** Query parameters; `undefined` ones are left out. */
export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

export type PatchType =
  | { readonly type: 'merge' }
  /** Server-side apply (KEP-555). `force` takes fields over from other managers. */
  | { readonly type: 'apply'; readonly fieldManager: string; readonly force: boolean };

/** The body of a delete: metav1.DeleteOptions. */
export interface DeleteOptions {
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
  readonly propagationPolicy?: 'Orphan' | 'Background' | 'Foreground';
  readonly gracePeriodSeconds?: number;
  readonly dryRun?: readonly ['All'];
}

/**
 * The Kubernetes API as JSON over HTTP. Paths come from `resourcePath`. `T` is the caller's claim about the shape: check
 * it where it matters.
 *
 * Every call throws KubeApiError (the server said no), KubeUnreachableError (no answer, or timed out; a write may have
 * happened), KubeResponseError (an answer of no use), KubeConfigError (credentials), or the signal's reason.
 */
export interface KubeClient {
  /** The namespace of the current context or of our pod, if there is one. */
  readonly namespace: string | undefined;
  get<T extends KubeObject>(path: string, options?: CallOptions): Promise<T>;
  /** As `get`; undefined where nothing is there (404). */
  find<T extends KubeObject>(path: string, options?: CallOptions): Promise<T | undefined>;
  /** One page; `limit`, `continue`, `labelSelector`, `fieldSelector`, `resourceVersion` go into `options.query`. */
  list<T extends KubeObject>(path: string, options?: CallOptions): Promise<KubeList<T>>;
  /** POST to a collection, or to a virtual resource such as `subjectaccessreviews`, whose answer has another shape. */
  create<T extends object>(path: string, body: object, options?: CallOptions): Promise<T>;
  /** PUT. With `metadata.resourceVersion` in the body the server checks it and answers 409 Conflict. */
  update<T extends KubeObject>(path: string, body: object, options?: CallOptions): Promise<T>;
  patch<T extends KubeObject>(path: string, body: object, type: PatchType, options?: CallOptions): Promise<T>;
  /** Resolves once accepted; the object may live on with a deletionTimestamp. */
  delete(path: string, body?: DeleteOptions, options?: CallOptions): Promise<void>;
  /** A GET (with `body` a POST) whose answer is a stream. No timeout but the signal's. The caller must read or destroy it. */
  stream(path: string, query: Query, signal: AbortSignal, body?: object): Promise<IncomingMessage>;
  /** Closes idle connections. */
  close(): void;
}

/** @throws KubeConfigError */
export function loadKubeClient(source: KubeConfigSource, limits: KubeClientLimits, clock: Clock): KubeClient {
  return createKubeClient(loadCredentials(source, clock), limits);
}

/** A client over credentials that somebody else loaded. */
function createKubeClient(credentials: Credentials, limits: KubeClientLimits): KubeClient {
  async function call<T extends object>(
    method: string,
    path: string,
    sent: Sent,
    options: CallOptions = {},
  ): Promise<T> {
    const deadline = new AbortController();
    const timeoutMs = options.timeoutMs ?? limits.timeoutMs;
    const timer = setTimeout(() => {
      deadline.abort(new KubeUnreachableError(`no answer to ${method} ${path} within ${timeoutMs} ms`));
    }, timeoutMs);
    const signal = options.signal === undefined ? deadline.signal : AbortSignal.any([options.signal, deadline.signal]);
    try {
      const response = await open(credentials, method, path, sent, options.query ?? {}, signal);
      return await readAnswer<T>(response, limits.maxResponseBytes, signal);
    } finally {
      clearTimeout(timer);
    }
  }

  return {
    namespace: credentials.namespace,
    get: (path, options) => call('GET', path, NOTHING, options),
    find: <T extends KubeObject>(path: string, options?: CallOptions) =>
      call<T>('GET', path, NOTHING, options).catch((error: unknown) => {
        if (isApiError(error, 404)) return undefined;
        throw error;
      }),
    async list<T extends KubeObject>(path: string, options?: CallOptions) {
      const list = await call<KubeList<T>>('GET', path, NOTHING, options);
      if (!Array.isArray(list.items) || typeof list.metadata !== 'object') {
        throw new KubeResponseError('Malformed', `${path} did not answer with a list`);
      }
      return list;
    },
    create: (path, body, options) => call('POST', path, { type: 'application/json', body }, options),
    update: (path, body, options) => call('PUT', path, { type: 'application/json', body }, options),
    patch(path, body, patch, options) {
      if (patch.type === 'merge') return call('PATCH', path, { type: 'application/merge-patch+json', body }, options);
      const query = { ...options?.query, fieldManager: patch.fieldManager, force: patch.force };
      return call('PATCH', path, { type: 'application/apply-patch+yaml', body }, { ...options, query });
    },
    async delete(path, body, options) {
      await call('DELETE', path, body === undefined ? NOTHING : { type: 'application/json', body }, options);
    },
    async stream(path, query, signal, body) {
      const sent = body === undefined ? NOTHING : ({ type: 'application/json', body } as const);
      const response = await open(credentials, body === undefined ? 'GET' : 'POST', path, sent, query, signal);
      if (isSuccess(response)) return response;
      throw apiErrorFrom(response.statusCode ?? 500, await readBody(response, limits.maxResponseBytes, signal));
    },
    close: () => credentials.close(),
  };
}

type Sent = { readonly type: string; readonly body: object } | typeof NOTHING;

const NOTHING = { type: undefined, body: undefined } as const;

async function open(
  credentials: Credentials,
  method: string,
  path: string,
  sent: Sent,
  query: Query,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  signal.throwIfAborted();
  const connection = await credentials.connection();
  const response = await exchange(connection, {
    method,
    url: `${credentials.server}${path}${queryString(query)}`,
    headers: sent.type === undefined ? {} : { 'content-type': sent.type },
    body: sent.body === undefined ? undefined : JSON.stringify(sent.body),
    signal,
  });
  if (response.statusCode === 401) credentials.forget();
  return response;
}

async function readAnswer<T>(response: IncomingMessage, limit: number, signal: AbortSignal): Promise<T> {
  const text = await readBody(response, limit, signal);
  if (!isSuccess(response)) throw apiErrorFrom(response.statusCode ?? 500, text);
  try {
    const value = JSON.parse(text) as unknown;
    if (typeof value === 'object' && value !== null) return value as T;
  } catch (cause) {
    throw new KubeResponseError('Malformed', 'the answer is not JSON', { cause });
  }
  throw new KubeResponseError('Malformed', 'the answer is not a JSON object');
}

function isSuccess(response: IncomingMessage): boolean {
  const status = response.statusCode ?? 0;
  return status >= 200 && status < 300;
}

function queryString(query: Query): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) parameters.set(name, String(value));
  const text = parameters.toString();
  return text === '' ? '' : `?${text}`;
}
