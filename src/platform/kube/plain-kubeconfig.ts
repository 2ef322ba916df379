import { readFileSync } from 'node:fs';
import type { RequestOptions } from 'node:https';
import { dirname, isAbsolute, join } from 'node:path';
import { parse } from 'yaml';

/** How to reach the API server with nothing but files: no plugin, no login, no proxy. */
export interface PlainConfig {
  readonly server: string;
  readonly namespace: string | undefined;
  /** Reads the files anew: tokens and certificates are rotated in place. @throws Error of node:fs */
  readonly options: () => RequestOptions;
}

type Fields = Readonly<Record<string, string>>;

const CLUSTER_FIELDS = ['server', 'certificate-authority', 'certificate-authority-data'];
const USER_FIELDS = [
  'token',
  'tokenFile',
  'client-certificate',
  'client-certificate-data',
  'client-key',
  'client-key-data',
];

/**
 * A kubeconfig that says all by itself, as that of a process does; undefined for any other, and for one that is wrong, which
 * client-node then reads or refuses: it knows everything, and takes 80 MiB for that.
 */
export function plainKubeconfig(file: string, context: string | undefined): PlainConfig | undefined {
  const config = parsed(file);
  const chosen = entry(config?.['contexts'], context ?? config?.['current-context'], 'context');
  const cluster = entry(config?.['clusters'], chosen?.['cluster'], 'cluster', CLUSTER_FIELDS);
  const user = entry(config?.['users'], chosen?.['user'], 'user', USER_FIELDS);
  const server = cluster?.['server'];
  if (chosen === undefined || cluster === undefined || user === undefined) return undefined;
  if (server === undefined || !server.startsWith('https://')) return undefined;
  // Which of two wins is client-node's to say.
  if (user['token'] !== undefined && user['tokenFile'] !== undefined) return undefined;
  const path = (name: string) => (isAbsolute(name) ? name : join(dirname(file), name));
  const content = (fields: Fields, name: string): Buffer | undefined => {
    const [data, from] = [fields[`${name}-data`], fields[name]];
    if (data !== undefined) return Buffer.from(data, 'base64');
    return from === undefined ? undefined : readFileSync(path(from));
  };
  return {
    server,
    namespace: chosen['namespace'],
    options: () => ({
      ca: content(cluster, 'certificate-authority'),
      cert: content(user, 'client-certificate'),
      key: content(user, 'client-key'),
      ...bearer(user['tokenFile'] === undefined ? user['token'] : readFileSync(path(user['tokenFile']), 'utf8').trim()),
    }),
  };
}

function bearer(token: string | undefined): Pick<RequestOptions, 'headers'> {
  return token === undefined ? {} : { headers: { Authorization: `Bearer ${token}` } };
}

function parsed(file: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const config: unknown = parse(readFileSync(file, 'utf8'));
    return isRecord(config) ? config : undefined;
  } catch {
    return undefined;
  }
}

/** The one entry of that name, if it holds nothing but text under known keys. */
function entry(list: unknown, name: unknown, kind: string, known?: readonly string[]): Fields | undefined {
  if (!Array.isArray(list) || typeof name !== 'string') return undefined;
  const [found, another] = list.filter((each: unknown) => isRecord(each) && each['name'] === name) as unknown[];
  const fields = isRecord(found) ? found[kind] : undefined;
  if (another !== undefined || !isRecord(fields)) return undefined;
  const plain = Object.entries(fields).every(
    ([key, value]) => typeof value === 'string' && value !== '' && (known === undefined || known.includes(key)),
  );
  return plain ? (fields as Fields) : undefined;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
