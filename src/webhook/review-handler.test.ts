import { once } from 'node:events';
import { Agent, request } from 'node:https';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { admissionReview } from '../../test/builders/admission-review.ts';
import { createByteBudget } from '../platform/http/byte-budget.ts';
import { createHttpsListener, type HttpsListener } from '../platform/http/https-listener.ts';
import { DEFAULT_LISTENER_LIMITS } from '../platform/http/listener.ts';
import { systemClock } from '../platform/clock/system-clock.ts';
import { silentLogger } from '../platform/telemetry/logger.ts';
import { testCertificates } from '../../test/harness/test-certificates.ts';
import { handleReview, type Review } from './review-handler.ts';

const UID = '705ab4f5-6393-11e8-b7cc-42010a800002';
const [TLS] = testCertificates('kube-apiserver');
const MAX_BYTES = 16 * 1024;

interface Answer {
  readonly code: number;
  readonly body: {
    readonly kind?: string;
    readonly message?: string;
    readonly response?: Readonly<Record<string, unknown>> & { readonly status?: Readonly<Record<string, unknown>> };
  };
  readonly text: string;
}

describe('a review over HTTPS', () => {
  let listener: HttpsListener;
  let port: number;
  let agent: Agent;
  let review: Review;
  let logged: object[];

  beforeAll(async () => {
    const log = { ...silentLogger, error: (fields: object) => void logged.push(fields) };
    const body = { limits: { maxBytes: MAX_BYTES, maxMs: 5_000 }, budget: createByteBudget(4 * MAX_BYTES) };
    listener = createHttpsListener({
      host: '127.0.0.1',
      port: 0,
      certificate: { certificatePem: TLS.cert, privateKeyPem: TLS.key },
      limits: { ...DEFAULT_LISTENER_LIMITS, lingerMs: 0, drainMs: 1_000 },
      handler: (incoming, response, signal) =>
        handleReview((attributes, call) => review(attributes, call), incoming, response, signal, {
          body,
          clock: systemClock,
          newId: () => 'decision-1',
          revision: '',
          log,
        }),
      clock: systemClock,
      log,
    });
    ({ port } = await listener.start());
    agent = new Agent({ keepAlive: true, ca: TLS.ca });
  });

  afterAll(async () => {
    agent.destroy();
    await listener[Symbol.asyncDispose]();
  });

  beforeEach(() => {
    logged = [];
    review = async () => ({ allowed: true });
  });

  function post(body: string | Buffer, headers: Record<string, string> = {}, path = '/?timeout=10s'): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const outgoing = request({ host: '127.0.0.1', port, agent, path, method: 'POST', headers }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          resolve({ code: response.statusCode ?? 0, body: JSON.parse(text) as Answer['body'], text });
        });
      });
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  }

  test('is answered under its uid', async () => {
    const { code, body } = await post(JSON.stringify(admissionReview()));
    expect([code, body]).toEqual([
      200,
      {
        apiVersion: 'admission.k8s.io/v1',
        kind: 'AdmissionReview',
        response: { uid: UID, allowed: true, auditAnnotations: {} },
      },
    ]);
  });

  const notReviews: Record<string, readonly [string, number, RegExp]> = {
    'that is not JSON': ['{', 400, /not JSON/],
    'that is empty': ['', 400, /not JSON/],
    'that is JSON and no review': ['[]', 400, /not an AdmissionReview/],
    'that is another kind': [JSON.stringify({ ...admissionReview(), kind: 'Pod', request: {} }), 400, /kind/],
    'without a uid': [JSON.stringify(admissionReview({ uid: '' })), 400, /request.uid/],
    'with a uid longer than one': [JSON.stringify(admissionReview({ uid: 'u'.repeat(129) })), 400, /request.uid/],
    'in which a key stands twice': [
      JSON.stringify(admissionReview()).replace('"uid"', '"name":"web-1","uid"'),
      400,
      /twice/,
    ],
    'that is larger than the limit': [`"${'x'.repeat(MAX_BYTES)}"`, 413, /larger than 16384 bytes/],
  };
  test.each(Object.entries(notReviews))('a body %s is refused', async (_sentence, [text, code, message]) => {
    review = async () => expect.unreachable();
    const answer = await post(text);
    expect([answer.code, answer.body.kind]).toEqual([code, 'Status']);
    expect(answer.body.message).toMatch(message);
  });

  test('a body that grows past the limit without saying its length is refused', async () => {
    const answer = await post(Buffer.alloc(MAX_BYTES + 1, ' '), { 'transfer-encoding': 'chunked' });
    expect(answer.code).toBe(413);
  });

  test('a compressed body is refused', async () => {
    expect((await post('x', { 'content-encoding': 'gzip' })).code).toBe(415);
  });

  test('a body that is not UTF-8 is refused', async () => {
    expect((await post(Buffer.from([0x22, 0xff, 0x22]))).code).toBe(400);
  });

  test('after a refusal the next review is answered', async () => {
    await post(`"${'x'.repeat(MAX_BYTES)}"`);
    expect((await post(JSON.stringify(admissionReview()))).code).toBe(200);
  });

  test('a review that does not add up is denied under its uid', async () => {
    review = async () => expect.unreachable();
    const { code, body } = await post(JSON.stringify(admissionReview({ object: null })));
    expect([code, body.response]).toEqual([
      200,
      {
        uid: UID,
        allowed: false,
        auditAnnotations: {},
        status: {
          status: 'Failure',
          code: 400,
          reason: 'BadRequest',
          message: 'sallyport: the review does not add up: request.object: missing for CONNECT',
        },
      },
    ]);
  });

  test('a judge that throws is a denial without internals, and the log says what it was', async () => {
    review = async () => {
      throw new TypeError('secret-internal at /etc/sallyport');
    };
    const { code, body, text } = await post(JSON.stringify(admissionReview()));
    expect([code, body.response]).toEqual([
      200,
      {
        uid: UID,
        allowed: false,
        auditAnnotations: {},
        status: {
          status: 'Failure',
          code: 503,
          reason: 'ServiceUnavailable',
          message:
            'sallyport: could not decide; try again in a moment [sallyport code=Unavailable retry=true decision=decision-1]',
        },
      },
    ]);
    expect(text).not.toContain('secret-internal');
    expect(logged).toEqual([{ decision: 'decision-1', err: 'TypeError: secret-internal at /etc/sallyport' }]);
  });

  test('the judge gets the deadline of the URL, an id and a signal', async () => {
    let seconds = 0;
    let id = '';
    review = async (_attributes, call) => {
      seconds = (call.deadline - Date.now()) / 1000;
      ({ id } = call);
      return { allowed: true };
    };
    await post(JSON.stringify(admissionReview()), {}, '/gate/connect?timeout=30s');
    expect(seconds).toBeGreaterThan(24);
    expect(seconds).toBeLessThanOrEqual(27);
    expect(id).toBe('decision-1');
  });

  test('the judge hears that the caller has gone', async () => {
    const judging = Promise.withResolvers<void>();
    const gone = Promise.withResolvers<boolean>();
    review = (_attributes, { signal }) => {
      judging.resolve();
      return new Promise((_, reject) => {
        signal.addEventListener('abort', () => {
          gone.resolve(signal.aborted);
          reject(signal.reason as Error);
        });
      });
    };
    const outgoing = request({ host: '127.0.0.1', port, ca: TLS.ca, method: 'POST', agent: false });
    outgoing.end(JSON.stringify(admissionReview()));
    await judging.promise;
    outgoing.destroy();
    await once(outgoing, 'error').catch(() => undefined);
    expect(await gone.promise).toBe(true);
  });

  test('patch, warnings and annotations are sent as the API wants them, cut to their lengths', async () => {
    review = async () => ({
      allowed: true,
      patch: [{ op: 'add', path: '/x', value: 'é' }],
      warnings: ['w'.repeat(300)],
      auditAnnotations: { decision: 'd'.repeat(300) },
    });
    const { response } = (await post(JSON.stringify(admissionReview()))).body;
    expect(response).toMatchObject({
      patchType: 'JSONPatch',
      warnings: ['w'.repeat(256)],
      auditAnnotations: { decision: 'd'.repeat(256) },
    });
    expect(JSON.parse(Buffer.from(String(response?.['patch']), 'base64').toString('utf8'))).toEqual([
      { op: 'add', path: '/x', value: 'é' },
    ]);
  });

  test('no more than 32 causes are sent', async () => {
    const causes = Array.from({ length: 40 }, (_, at) => ({ reason: 'FieldValueInvalid', message: `${at}` }));
    review = async () => ({ allowed: false, status: 422, reason: 'Invalid', message: 'no', causes });
    const { response } = (await post(JSON.stringify(admissionReview()))).body;
    expect(response?.status?.['details']).toEqual({ causes: causes.slice(0, 32) });
  });
});
