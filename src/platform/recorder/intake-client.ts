import { readFile } from 'node:fs/promises';
import { Agent, request } from 'node:https';
import { z } from 'zod';
import { DECISIONS_PATH } from '../../core/evidence/decision-submission.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Refused } from './ship.ts';

export interface IntakeClientOptions {
  /** `https://sallyport-audit.sallyport-system.svc:8447`: without a path. */
  readonly url: string;
  readonly certificateFile: string;
  readonly keyFile: string;
  /** PEM of the authority of the intake's certificate; no other is trusted. */
  readonly caFile: string;
  readonly timeoutMs: number;
}

/** A renewed certificate is taken up by then. */
const RELOAD_MS = 60_000;
const ANSWER_BYTES = 256 * 1024;

const answerSchema = z.object({
  refused: z.array(z.object({ index: z.int().min(0), problem: z.string().max(512) })).max(1_000),
});

export class IntakeError extends Error {
  override readonly name = 'IntakeError';
  /** Refused: an answer other than 200. NoAnswer: none, or one that is not the intake's. */
  readonly code: 'Refused' | 'NoAnswer';

  constructor(code: IntakeError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

export interface IntakeClient extends Disposable {
  /** @throws IntakeError */
  send(records: readonly string[], signal: AbortSignal): Promise<readonly Refused[]>;
}

/** Hands records to the audit role: one JSON text a line, over TLS with a certificate on both sides. */
export function createIntakeClient(options: IntakeClientOptions, clock: Clock): IntakeClient {
  const url = new URL(DECISIONS_PATH, options.url);
  let agent: { readonly agent: Agent; readonly pem: string; readonly readAt: number } | undefined;

  async function currentAgent(): Promise<Agent> {
    if (agent !== undefined && clock.now() - agent.readAt < RELOAD_MS) return agent.agent;
    const [cert, key, ca] = await Promise.all(
      [options.certificateFile, options.keyFile, options.caFile].map((file) => readFile(file, 'utf8')),
    );
    const pem = `${cert}${key}${ca}`;
    if (agent?.pem === pem) agent = { ...agent, readAt: clock.now() };
    else {
      agent?.agent.destroy();
      const tls = { cert: cert ?? '', key: key ?? '', ca: ca ?? '', minVersion: 'TLSv1.2' as const };
      agent = { agent: new Agent({ ...tls, keepAlive: true, maxSockets: 1 }), pem, readAt: clock.now() };
    }
    return agent.agent;
  }

  return {
    send: async (records, signal) => {
      const late = new AbortController();
      const callOff = clock.after(options.timeoutMs, () => late.abort(new Error('no answer in time')));
      try {
        const { status, text } = await post(
          url,
          await currentAgent(),
          records.join('\n'),
          AbortSignal.any([signal, late.signal]),
        );
        if (status !== 200) throw new IntakeError('Refused', `the intake answered ${status}`);
        return answerSchema.parse(JSON.parse(text)).refused;
      } catch (error) {
        if (error instanceof IntakeError) throw error;
        throw new IntakeError('NoAnswer', `no answer of the intake: ${reasonOf(error)}`, { cause: error });
      } finally {
        callOff();
      }
    },
    [Symbol.dispose]: () => agent?.agent.destroy(),
  };
}

function post(url: URL, agent: Agent, body: string, signal: AbortSignal): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const sent = request(
      url,
      { agent, method: 'POST', signal, headers: { 'Content-Type': 'application/x-ndjson' } },
      (response) => {
        const chunks: Buffer[] = [];
        let bytes = 0;
        response.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
          if (bytes > ANSWER_BYTES) sent.destroy(new Error('the answer is too long'));
          else chunks.push(chunk);
        });
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }),
        );
        response.on('error', reject);
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  const code: unknown = 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : error.message;
}
