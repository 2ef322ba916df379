import { readFile } from 'node:fs/promises';
import { Agent, request as httpsRequest } from 'node:https';
import { inject } from 'vitest';
import { parse } from 'yaml';
import type { User } from './kubectl.ts';

/** Who calls, with what the kubeconfig of a user says: for where a process of kubectl a call would be too dear. */
export interface ApiClient {
  readonly url: string;
  readonly agent: Agent;
}

export interface ApiAnswer {
  readonly code: number;
  readonly body: string;
}

interface Kubeconfig {
  readonly clusters: readonly { cluster: { server: string; 'certificate-authority-data': string } }[];
  readonly users: readonly { user: { 'client-certificate-data': string; 'client-key-data': string } }[];
}

const CALL_TIMEOUT_MS = 60_000;

/** A client with connections of its own, kept alive; destroy its agent at the end. */
export async function apiClient(user: User): Promise<ApiClient> {
  const config = parse(await readFile(inject('e2e').kubeconfigs[user], 'utf8')) as Kubeconfig;
  const cluster = config.clusters[0]?.cluster;
  const credentials = config.users[0]?.user;
  if (cluster === undefined || credentials === undefined) throw new Error(`the kubeconfig of ${user} is incomplete`);
  const bytes = (data: string) => Buffer.from(data, 'base64');
  const agent = new Agent({
    keepAlive: true,
    ca: bytes(cluster['certificate-authority-data']),
    cert: bytes(credentials['client-certificate-data']),
    key: bytes(credentials['client-key-data']),
  });
  return { url: cluster.server, agent };
}

/** One request to the API server. Rejects only where there is no answer. */
export function call(client: ApiClient, method: string, path: string, body?: object): Promise<ApiAnswer> {
  return new Promise((resolve, reject) => {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const outgoing = httpsRequest(
      new URL(path, client.url),
      {
        method,
        agent: client.agent,
        timeout: CALL_TIMEOUT_MS,
        headers: {
          Accept: 'application/json',
          ...(text === undefined
            ? {}
            : { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) }),
        },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () =>
          resolve({ code: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') }),
        );
      },
    );
    outgoing.on('error', reject);
    outgoing.on('timeout', () => outgoing.destroy(new Error(`no answer to ${method} ${path}`)));
    outgoing.end(text);
  });
}

/** As call, but an answer that is no success fails the test with what was said. */
export async function mustCall<T>(client: ApiClient, method: string, path: string, body?: object): Promise<T> {
  const answer = await call(client, method, path, body);
  if (answer.code < 200 || answer.code > 299) throw new Error(`${method} ${path}: ${answer.code} ${answer.body}`);
  return JSON.parse(answer.body) as T;
}
