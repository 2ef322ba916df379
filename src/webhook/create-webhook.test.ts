import { once } from 'node:events';
import { Agent, request } from 'node:https';
import { afterEach, describe, expect, test } from 'vitest';
import { admissionReview } from '../../test/builders/admission-review.ts';
import { World } from '../../test/builders/enforcement-world.ts';
import { testCertificates } from '../../test/harness/test-certificates.ts';
import { createPolicyCompiler } from '../core/decision/compile.ts';
import { systemClock } from '../platform/clock/system-clock.ts';
import type { HttpsListener } from '../platform/http/https-listener.ts';
import { DEFAULT_LISTENER_LIMITS } from '../platform/http/listener.ts';
import type { Logger } from '../platform/telemetry/logger.ts';
import type { Callers } from './callers.ts';
import { createWebhook } from './create-webhook.ts';

const [API_SERVER, STRANGER] = testCertificates('kube-apiserver-webhook', 'somebody');
const [ELSEWHERE] = testCertificates('kube-apiserver-webhook');
const [CURRENT, PREVIOUS, OTHER] = ['a', 'b', 'c'].map((digit) => digit.repeat(64)) as [string, string, string];

interface Answer {
  readonly code: number;
  readonly body: string;
}

const NOTHING: Answer = { code: 404, body: '' };

let listener: HttpsListener | undefined;
let port = 0;
let logged: string[] = [];

afterEach(async () => {
  await listener?.[Symbol.asyncDispose]();
});

async function start(callers: Callers): Promise<void> {
  logged = [];
  const world = new World();
  const note = (fields: object, message: string) => void logged.push(JSON.stringify(fields) + message);
  const log: Logger = { debug: note, info: note, warn: note, error: note };
  listener = createWebhook(
    {
      listener: {
        host: '127.0.0.1',
        port: 0,
        certificate: { certificatePem: API_SERVER.cert, privateKeyPem: API_SERVER.key },
        limits: { ...DEFAULT_LISTENER_LIMITS, lingerMs: 0, drainMs: 1_000 },
        ...(callers.kind === 'ClientCertificate' ? { clientCaPem: API_SERVER.ca } : {}),
      },
      callers,
      bodyBytes: 1024 * 1024,
      bodyMs: 5_000,
      inFlightBytes: 1024 * 1024,
    },
    {
      snapshot: world.snapshot,
      revisions: world.revisions,
      settings: world.settings,
      approvals: world.approvals,
      accessReview: world.accessReview,
      pods: world.pods,
      recorder: world.recorder,
      decided: world.decided,
      signals: world.signals,
      held: world.held,
      clock: systemClock,
      log,
      newId: () => 'decision-1',
      compile: createPolicyCompiler(),
      votes: () => [],
      identities: {
        writeStatus: new Set(),
        openForOthers: new Set(),
        retention: new Set(),
        voteOnBehalf: { slack: new Set(), console: new Set() },
      },
    },
  );
  ({ port } = await listener.start());
}

function post(path: string, body = JSON.stringify(admissionReview()), client = {}, method = 'POST'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      { host: '127.0.0.1', port, path, method, agent: new Agent({ ca: API_SERVER.ca, ...client }) },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => resolve({ code: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }));
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

const OWN = '/own-kinds/validate';

describe('a caller is told from others by the path', () => {
  const callers: Callers = { kind: 'PathSecret', secrets: () => [CURRENT, PREVIOUS] };

  test.each([
    ['the current secret', `/${CURRENT}${OWN}?timeout=10s`],
    ['the one before', `/${PREVIOUS}${OWN}`],
  ])('[R50] who shows %s is answered', async (_, path) => {
    await start(callers);
    expect(await post(path)).toMatchObject({ code: 200, body: expect.stringContaining('AdmissionReview') });
  });

  test.each([
    ['no secret', OWN],
    ['another secret', `/${OTHER}${OWN}`],
    ['a part of it', `/${CURRENT.slice(1)}${OWN}`],
    ['more than it', `/${CURRENT}a${OWN}`],
    ['it in capitals', `/${CURRENT.toUpperCase()}${OWN}`],
    ['it in the query', `${OWN}?secret=${CURRENT}`],
    ['it at the end', `${OWN}/${CURRENT}`],
    ['an empty secret', `/${OWN}`],
    ['it, for a path that does not exist', `/${CURRENT}/gate`],
    ['it alone', `/${CURRENT}`],
  ])('[R50] who shows %s gets a 404 with nothing in it', async (_, path) => {
    await start(callers);
    expect(await post(path)).toEqual(NOTHING);
    expect(logged.join('\n')).not.toMatch(/[a-c]{63}/);
  });

  test('[R50] nobody is answered while no secret is known', async () => {
    await start({ kind: 'PathSecret', secrets: () => [] });
    for (const path of [`/${CURRENT}${OWN}`, OWN, `/${OWN}`]) expect(await post(path)).toEqual(NOTHING);
  });

  test('another method gets the same', async () => {
    await start(callers);
    expect(await post(`/${CURRENT}${OWN}`, '', {}, 'GET')).toEqual(NOTHING);
  });

  test('[R50] the answer does not wait for a body: none is looked at', async () => {
    await start(callers);
    const outgoing = request({
      host: '127.0.0.1',
      port,
      path: OWN,
      method: 'POST',
      agent: new Agent({ ca: API_SERVER.ca }),
      headers: { 'Content-Length': 1_000_000 },
    });
    outgoing.on('error', () => undefined);
    outgoing.write('{');
    const [response] = (await once(outgoing, 'response')) as [{ statusCode: number }];
    expect(response.statusCode).toBe(404);
    outgoing.destroy();
  });
});

describe('a caller is told from others by its certificate', () => {
  const callers: Callers = { kind: 'ClientCertificate', names: new Set(['kube-apiserver-webhook']) };
  const showing = ({ clientCert, clientKey }: typeof API_SERVER) => ({ cert: clientCert, key: clientKey });

  test('[R50] the API server is answered', async () => {
    await start(callers);
    expect(await post(OWN, undefined, showing(API_SERVER))).toMatchObject({ code: 200 });
  });

  test.each([
    ['no certificate', {}],
    ['a certificate of another name', showing(STRANGER)],
    ['a certificate of another authority', showing(ELSEWHERE)],
  ])('[R50] who shows %s gets a 404 with nothing in it', async (_, client) => {
    await start(callers);
    expect(await post(OWN, undefined, client)).toEqual(NOTHING);
  });
});
