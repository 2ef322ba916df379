import type { JsonObject } from './json.ts';

export interface ConnectTarget {
  readonly group: string;
  readonly resource: string;
  readonly subresource: string;
}

const KINDS: Readonly<Record<string, string>> = {
  'pods/exec': 'PodExecOptions',
  'pods/attach': 'PodAttachOptions',
  'pods/portforward': 'PodPortForwardOptions',
  'pods/proxy': 'PodProxyOptions',
  'services/proxy': 'ServiceProxyOptions',
  'nodes/proxy': 'NodeProxyOptions',
};

/** By its resource alone: the verb is `get` over WebSocket and `create` over SPDY, and any at all for a proxy. */
export function isConnect(target: ConnectTarget): boolean {
  return kindOf(target) !== undefined;
}

function kindOf({ group, resource, subresource }: ConnectTarget): string | undefined {
  const type = `${resource}/${subresource}`;
  return group === '' && Object.hasOwn(KINDS, type) ? KINDS[type] : undefined;
}

export interface ConnectOptions {
  readonly kind: string;
  readonly object: JsonObject;
  /** False where the query is one that Go and we may read differently: nothing of it is then known. */
  readonly readable: boolean;
}

/** Go's net/url drops pairs that hold these; we would keep them. */
const READ_DIFFERENTLY = /;|%(?![0-9A-Fa-f]{2})/;

/** The options of a CONNECT, as the API server reads them from the URL (core/v1 PodExecOptions and its siblings). */
export function connectOptions(target: ConnectTarget, requestURI: string): ConnectOptions {
  const kind = kindOf(target) ?? '';
  const typed = { kind, apiVersion: 'v1' };
  const at = requestURI.indexOf('?');
  const query = at === -1 ? '' : requestURI.slice(at + 1);
  if (READ_DIFFERENTLY.test(query)) return { kind, object: typed, readable: false };
  const values = new URLSearchParams(query);
  switch (target.subresource) {
    case 'exec':
      return { kind, object: { ...typed, ...streams(values), command: values.getAll('command') }, readable: true };
    case 'attach':
      return { kind, object: { ...typed, ...streams(values) }, readable: true };
    case 'portforward': {
      const ports = values.getAll('ports').map(Number).filter(Number.isSafeInteger);
      return { kind, object: { ...typed, ...(ports.length === 0 ? {} : { ports }) }, readable: true };
    }
    default: {
      const path = proxiedPath(at === -1 ? requestURI : requestURI.slice(0, at));
      return path === undefined
        ? { kind, object: typed, readable: false }
        : { kind, object: { ...typed, path }, readable: true };
    }
  }
}

const FLAGS = ['stdin', 'stdout', 'stderr', 'tty'] as const;

function streams(values: URLSearchParams): JsonObject {
  const flags = FLAGS.filter((flag) => isTrue(values.get(flag))).map((flag): [string, true] => [flag, true]);
  const container = values.get('container') ?? '';
  return { ...Object.fromEntries(flags), ...(container === '' ? {} : { container }) };
}

/** apimachinery/pkg/runtime Convert_Slice_string_To_bool: whatever is there and does not say no. */
function isTrue(value: string | null): boolean {
  return value !== null && value !== '0' && value.toLowerCase() !== 'false';
}

/** `/api/v1/namespaces/NS/pods/NAME/proxy/…` or `/api/v1/nodes/NAME/proxy/…`: what stands behind, `/` where nothing does. */
function proxiedPath(path: string): string | undefined {
  const parts = path.split('/');
  const at = parts[3] === 'namespaces' ? 7 : 5;
  if (parts[at] !== 'proxy') return undefined;
  const behind = parts.slice(at + 1).join('/');
  try {
    return `/${decodeURIComponent(behind)}`;
  } catch {
    return undefined;
  }
}
