import { readFile } from 'node:fs/promises';
import { request } from 'node:https';
import { join } from 'node:path';

export interface ApiAnswer {
  readonly status: number;
  readonly body: string;
}

const TIMEOUT_MS = 5_000;

/** Sends GET to the API server as the user of a certificate in the `pki` folder. */
export async function apiGet(server: string, pki: string, certificate: string, path: string): Promise<ApiAnswer> {
  const [ca, cert, key] = await Promise.all(
    ['ca.crt', `${certificate}.crt`, `${certificate}.key`].map((name) => readFile(join(pki, name))),
  );
  return new Promise((resolve, reject) => {
    const options = { ca, cert, key, agent: false, timeout: TIMEOUT_MS };
    const outgoing = request(`${server}${path}`, options, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') }),
      );
    });
    outgoing.on('timeout', () => outgoing.destroy(new Error(`no answer within ${TIMEOUT_MS / 1000} s`)));
    outgoing.on('error', reject);
    outgoing.end();
  });
}
