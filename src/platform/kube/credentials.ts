import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent, type AgentOptions, type RequestOptions } from 'node:https';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import type { Cluster, KubeConfig } from '@kubernetes/client-node';
import { parse } from 'yaml';
import type { Clock } from '../../ports/clock.ts';
import { KubeConfigError } from './errors.ts';
import { type PlainConfig, plainKubeconfig } from './plain-kubeconfig.ts';
import { type PodAccount, serviceAccountConfig } from './service-account.ts';

/** A mounted ServiceAccount token is rotated at 80 % of its life (KEP-1205); client-go re-reads it once a minute. */
const REREAD_AFTER_MS = 30_000;

/** Less than the API server's own idle timeout of 90 s, so that we seldom write into a socket that it has closed. */
const IDLE_SOCKET_MS = 50_000;

/** What one request needs to reach the API server as us. Never logged. */
export interface Connection {
  readonly agent: HttpAgent;
  readonly headers: Readonly<Record<string, string>>;
}

export interface Credentials {
  /** The server's base URL, without a slash at its end. */
  readonly server: string;
  /** The namespace of the current context, or of the pod. */
  readonly namespace: string | undefined;
  /** Reads files and runs plugins again when what it has is older than 30 s. @throws KubeConfigError */
  connection(): Promise<Connection>;
  /** After a 401: the next `connection` reads everything anew. */
  forget(): void;
  /** Closes the idle connections. */
  close(): void;
}

/** Where the configuration comes from: kubeconfig files, the pod that we run in, or what kubectl would take. */
export interface KubeConfigSource {
  /** One path, or several as in KUBECONFIG. */
  readonly kubeconfig?: string | undefined;
  readonly pod?: PodAccount | undefined;
  /** The context to take instead of the current one. */
  readonly context?: string | undefined;
}

/**
 * Loads a kubeconfig and keeps its credentials current. Uses client-node for what is hard (exec plugins, OIDC refresh,
 * proxies) and loads it only then, but not its agent, which has no keep-alive and keeps a client certificate for ever.
 *
 * @throws KubeConfigError when there is no usable cluster
 */
export function loadCredentials(source: KubeConfigSource, clock: Clock): Credentials {
  const config = loadPlain(source) ?? loadConfig(source);
  let current: Loaded | undefined;
  let loading: Promise<Loaded> | undefined;

  async function load(): Promise<Loaded> {
    const readAt = clock.now();
    const options = await config.options();
    const tls = fingerprint(options);
    // A changed client certificate or authority needs new connections; otherwise the warm ones are kept.
    const agent =
      current?.tls === tls ? current.connection.agent : createAgent(options, config.server, config.proxyUrl);
    return { connection: { agent, headers: headersOf(options, config.token?.()) }, tls, readAt };
  }

  return {
    server: config.server.replace(/\/+$/, ''),
    namespace: config.namespace,
    async connection() {
      if (current !== undefined && clock.now() - current.readAt < REREAD_AFTER_MS) return current.connection;
      // Single-flight: an exec plugin may take a second, and many calls may wait for it.
      loading ??= load().finally(() => {
        loading = undefined;
      });
      current = await loading;
      return current.connection;
    },
    forget() {
      if (current !== undefined) current = { ...current, readAt: Number.NEGATIVE_INFINITY };
    },
    close() {
      current?.connection.agent.destroy();
    },
  };
}

interface Loaded {
  readonly connection: Connection;
  /** Changes when the TLS part of the credentials does. */
  readonly tls: string;
  readonly readAt: number;
}

/** What is needed of a configuration, whoever reads it. */
interface LoadedConfig {
  readonly server: string;
  readonly namespace: string | undefined;
  readonly proxyUrl?: string | undefined;
  readonly options: () => Promise<RequestOptions>;
  readonly token?: () => string | undefined;
}

function loadPlain({ kubeconfig, pod, context }: KubeConfigSource): LoadedConfig | undefined {
  const plain = pod === undefined ? fromFile(kubeconfig, context) : fromPod(pod);
  if (plain === undefined) return undefined;
  const options = async (): Promise<RequestOptions> => {
    try {
      return plain.options();
    } catch (cause) {
      throw new KubeConfigError('the credentials cannot be read', { cause });
    }
  };
  return { server: plain.server, namespace: plain.namespace, options };
}

function fromFile(kubeconfig: string | undefined, context: string | undefined): PlainConfig | undefined {
  return kubeconfig === undefined ? undefined : plainKubeconfig(kubeconfig, context);
}

function fromPod(pod: PodAccount): PlainConfig {
  try {
    return serviceAccountConfig(pod);
  } catch (cause) {
    throw new KubeConfigError('the ServiceAccount of the pod cannot be read', { cause });
  }
}

/** client-node takes 80 MiB: it is loaded where nothing less will do. */
function clientNode(): typeof import('@kubernetes/client-node') {
  return createRequire(import.meta.url)('@kubernetes/client-node') as typeof import('@kubernetes/client-node');
}

function clusterOf(config: KubeConfig): Cluster {
  const cluster = config.getCurrentCluster();
  if (cluster === null) throw new KubeConfigError(noCluster(config.getCurrentContext()));
  return cluster;
}

/** client-node promises a string, and has none where the file says no current-context. */
function noCluster(context: string | undefined): string {
  return context === undefined || context === ''
    ? 'the kubeconfig has no current-context'
    : `no cluster for context '${context}'`;
}

function loadConfig(source: KubeConfigSource): LoadedConfig {
  const config = read(source);
  if (source.context !== undefined) {
    if (config.getContextObject(source.context) === null) {
      throw new KubeConfigError(`the kubeconfig has no context '${source.context}'`);
    }
    config.setCurrentContext(source.context);
  }
  const { server, proxyUrl } = clusterOf(config);
  return {
    server,
    namespace: config.getContextObject(config.getCurrentContext())?.namespace,
    proxyUrl,
    options: () => readOptions(config),
    token: () => readTokenFile(config),
  };
}

function read(source: KubeConfigSource): KubeConfig {
  const config = new (clientNode().KubeConfig)();
  try {
    const files = filesOf(source.kubeconfig);
    if (files.length === 0) config.loadFromDefault();
    else loadFiles(config, files);
    return config;
  } catch (cause) {
    throw new KubeConfigError('the kubeconfig cannot be read', { cause });
  }
}

/** What stands in an earlier file wins, as for kubectl; without any, its usual file, where there is one. */
function filesOf(source: string | undefined): readonly string[] {
  const files = (source ?? '').split(delimiter).filter((file) => file !== '');
  if (files.length > 0) return files;
  const usual = join(homedir(), '.kube/config');
  return existsSync(usual) ? [usual] : [];
}

function loadFiles(config: KubeConfig, [first = '', ...others]: readonly string[]): void {
  config.loadFromFile(first);
  adoptTokenFiles(config, first);
  for (const file of others) {
    const other = new (clientNode().KubeConfig)();
    other.loadFromFile(file);
    adoptTokenFiles(other, file);
    config.clusters = withNew(config.clusters, other.clusters);
    config.users = withNew(config.users, other.users);
    config.contexts = withNew(config.contexts, other.contexts);
    config.currentContext ||= other.currentContext;
  }
}

/** client-node's own merge refuses a name that it knows already, which kubectl passes over. */
function withNew<T extends { readonly name: string }>(known: readonly T[], more: readonly T[]): T[] {
  return [...known, ...more.filter(({ name }) => !known.some((each) => each.name === name))];
}

/** client-node 2.0 does not know a kubeconfig's `tokenFile` (client-go: clientcmd/api/v1 AuthInfo). */
function adoptTokenFiles(config: KubeConfig, file: string): void {
  const parsed = parse(readFileSync(file, 'utf8')) as { users?: { name: string; user?: { tokenFile?: string } }[] };
  for (const { name, user } of parsed.users ?? []) {
    const target = config.getUser(name);
    if (target === null || user?.tokenFile === undefined) continue;
    const tokenFile = clientNode().makeAbsolutePath(dirname(file), user.tokenFile);
    Object.assign(target, { authProvider: { name: 'tokenFile', config: { tokenFile } } });
  }
}

async function readOptions(config: KubeConfig): Promise<RequestOptions> {
  const options: RequestOptions = {};
  try {
    await config.applyToHTTPSOptions(options);
    return options;
  } catch (cause) {
    throw new KubeConfigError('the credentials cannot be read', { cause });
  }
}

function headersOf(options: RequestOptions, token: string | undefined): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(options.headers ?? {})) headers[name] = String(value);
  if (typeof options.auth === 'string') {
    headers['Authorization'] = `Basic ${Buffer.from(options.auth).toString('base64')}`;
  }
  if (token !== undefined) headers['Authorization'] = `Bearer ${token}`;
  return headers;
}

/** Read by ourselves: client-node's own cache of 60 s on top of ours would make a token 90 s old. */
function readTokenFile(config: KubeConfig): string | undefined {
  const provider = config.getCurrentUser()?.authProvider as { config?: { tokenFile?: string } } | undefined;
  const file = provider?.config?.tokenFile;
  if (file === undefined) return undefined;
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (cause) {
    throw new KubeConfigError('the token file cannot be read', { cause });
  }
}

function createAgent(options: RequestOptions, server: string, proxyUrl: string | undefined): HttpAgent {
  // A proxy's agent is client-node's business; it has no keep-alive.
  if (proxyUrl !== undefined && options.agent instanceof HttpAgent) return options.agent;
  const shared = { keepAlive: true, keepAliveMsecs: 30_000, timeout: IDLE_SOCKET_MS };
  if (server.startsWith('http:')) return new HttpAgent(shared);
  return new HttpsAgent({ ...shared, ...tlsOf(options) });
}

function tlsOf(options: RequestOptions): AgentOptions {
  const { ca, cert, key, pfx, passphrase, rejectUnauthorized, servername } = options;
  return { ca, cert, key, pfx, passphrase, rejectUnauthorized, servername };
}

function fingerprint(options: RequestOptions): string {
  const values = Object.values(tlsOf(options)).map((value) =>
    Buffer.isBuffer(value) ? value.toString('base64') : value,
  );
  return createHash('sha256').update(JSON.stringify(values)).digest('hex');
}
