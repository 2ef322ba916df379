import type { AccessSubject } from '../../ports/access-review.ts';

/**
 * How the API server says for whom it asks: the ConfigMap kube-system/extension-apiserver-authentication
 * (https://kubernetes.io/docs/tasks/extend-kubernetes/configure-aggregation-layer/#kubernetes-apiserver-client-authentication).
 */
export interface FrontProxy {
  /** Authorities of the certificate of the front proxy, PEM. */
  readonly clientCaPem: string;
  /** Common names of that certificate; empty: any that the authority signed. */
  readonly names: ReadonlySet<string>;
  /** Names of headers, in lower case. */
  readonly usernameHeaders: readonly string[];
  readonly uidHeaders: readonly string[];
  readonly groupHeaders: readonly string[];
  readonly extraPrefixes: readonly string[];
}

/** Groups of one user; the API server itself takes as many as fit into its headers. */
const MAX_GROUPS = 10_000;

/** @returns undefined while the ConfigMap says no way: then nobody is answered */
export function frontProxyOf(data: Readonly<Record<string, string>>): FrontProxy | undefined {
  const clientCaPem = data['requestheader-client-ca-file'] ?? '';
  const names = listOf(data['requestheader-allowed-names']);
  const usernameHeaders = headersOf(data['requestheader-username-headers']);
  if (clientCaPem === '' || names === undefined || usernameHeaders.length === 0) return undefined;
  return {
    clientCaPem,
    names: new Set(names),
    usernameHeaders,
    uidHeaders: headersOf(data['requestheader-uid-headers']),
    groupHeaders: headersOf(data['requestheader-group-headers']),
    extraPrefixes: headersOf(data['requestheader-extra-headers-prefix']),
  };
}

/**
 * @param name of the client certificate, where it verified under `clientCaPem`
 * @param headers `headersDistinct` of the request
 * @returns undefined for whoever is not the front proxy: whatever they write into headers says nothing
 */
export function callerOf(
  name: string | undefined,
  headers: NodeJS.Dict<string[]>,
  proxy: FrontProxy,
): AccessSubject | undefined {
  if (name === undefined || (proxy.names.size > 0 && !proxy.names.has(name))) return undefined;
  const username = firstOf(headers, proxy.usernameHeaders);
  const groups = proxy.groupHeaders.flatMap((header) => headers[header] ?? []);
  if (username === undefined || username === '' || groups.length > MAX_GROUPS) return undefined;
  return { username, uid: firstOf(headers, proxy.uidHeaders) ?? '', groups, extra: extraOf(headers, proxy) };
}

function firstOf(headers: NodeJS.Dict<string[]>, names: readonly string[]): string | undefined {
  return names.flatMap((name) => headers[name] ?? [])[0];
}

function extraOf(headers: NodeJS.Dict<string[]>, { extraPrefixes }: FrontProxy): AccessSubject['extra'] {
  const extra: Record<string, string[]> = {};
  for (const [header, values = []] of Object.entries(headers)) {
    const prefix = extraPrefixes.find((each) => header.startsWith(each));
    if (prefix === undefined) continue;
    (extra[unescaped(header.slice(prefix.length))] ??= []).push(...values);
  }
  return extra;
}

/** Keys are percent-encoded (headerKeyEscape in k8s.io/client-go/transport). */
function unescaped(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    return key;
  }
}

function headersOf(json: string | undefined): readonly string[] {
  return (listOf(json) ?? []).map((header) => header.toLowerCase());
}

/** A JSON list of strings; empty where there is none. */
function listOf(json = '[]'): readonly string[] | undefined {
  try {
    const list: unknown = JSON.parse(json === '' ? '[]' : json);
    return Array.isArray(list) && list.every((each) => typeof each === 'string') ? list : undefined;
  } catch {
    return undefined;
  }
}
