import { Agent, request as httpsRequest } from 'node:https';

export interface WebhookAnswer {
  readonly code: number;
  readonly body: string;
  readonly milliseconds: number;
}

const ANSWER_MS = 45_000;

/** Posts to a webhook of this machine as the API server would, bytes as they are. Rejects where there is no answer. */
export class WebhookClient {
  readonly #host: string;
  readonly #port: number;
  readonly #agent: Agent;

  constructor(host: string, port: number) {
    this.#host = host;
    this.#port = port;
    // What is examined is the answer, not who gives it.
    this.#agent = new Agent({ keepAlive: true, maxSockets: 8, rejectUnauthorized: false });
  }

  post(path: string, body: string | Buffer, headers: Readonly<Record<string, string>> = {}): Promise<WebhookAnswer> {
    const startedAt = performance.now();
    return new Promise((resolve, reject) => {
      const outgoing = httpsRequest(
        {
          host: this.#host,
          port: this.#port,
          path,
          method: 'POST',
          agent: this.#agent,
          timeout: ANSWER_MS,
          headers: { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body), ...headers },
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('error', reject);
          response.on('end', () =>
            resolve({
              code: response.statusCode ?? 0,
              body: Buffer.concat(chunks).toString('utf8'),
              milliseconds: performance.now() - startedAt,
            }),
          );
        },
      );
      outgoing.on('error', reject);
      outgoing.on('timeout', () => outgoing.destroy(new Error(`no answer to POST ${path}`)));
      outgoing.end(body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}
