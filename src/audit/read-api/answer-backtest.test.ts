import { Agent, request } from 'node:https';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { backtestReport } from '../../../test/builders/backtest-report.ts';
import { eventually } from '../../../test/harness/eventually.ts';
import { startReadApi } from '../../../test/harness/read-api.ts';
import { testCertificates } from '../../../test/harness/test-certificates.ts';
import type { BacktestNews } from '../../core/backtest/backtest-call.ts';
import { systemClock } from '../../platform/clock/system-clock.ts';
import { BacktestsError } from '../../ports/backtests.ts';
import { FakeAccessReview } from '../../ports/fake-access-review.ts';
import { FakeBacktests } from '../../ports/fake-backtests.ts';
import { FakeEvidenceReader } from '../../ports/fake-evidence-reader.ts';
import { FakeLedger } from '../../ports/fake-ledger.ts';
import { createLedgerSource } from './record-source.ts';

const [PROXY] = testCertificates('front-proxy');
const BASE = '/apis/evidence.sallyport.dev/v1alpha1';
const BODY = { manifests: [{ from: 'it', text: 'kind: X' }], since: '7d' };
const PROGRESS: BacktestNews = { type: 'Progress', events: 10, bytes: 1, totalBytes: 4 };
const REPORT: BacktestNews = { type: 'Report', report: backtestReport(), ofOneLedger: false };

let backtests: FakeBacktests;
let accessReview: FakeAccessReview;
let api: Awaited<ReturnType<typeof startReadApi>>;
let may: ReadonlySet<string>;
const agent = new Agent({ ca: PROXY.ca, cert: PROXY.clientCert, key: PROXY.clientKey });

beforeAll(async () => {
  backtests = new FakeBacktests();
  accessReview = new FakeAccessReview(({ verb, resource }) => may.has(`${verb} ${resource}`));
  const ledger = new FakeLedger(systemClock);
  api = await startReadApi(PROXY, {
    accessReview,
    reader: new FakeEvidenceReader(),
    source: createLedgerSource(ledger, () => 0, systemClock),
    usernamesOf: () => undefined,
    indexed: () => 0,
    ledger,
    backtests,
    closing: new AbortController().signal,
  });
});
afterAll(async () => {
  agent.destroy();
  await api[Symbol.asyncDispose]();
});
beforeEach(() => {
  backtests.calls.length = 0;
  backtests.news = [PROGRESS, REPORT];
  [backtests.failure, backtests.go] = [undefined, undefined];
  may = new Set(['create backtests', 'list records']);
  accessReview.asked.length = 0;
});

const open = (path: string, method = 'POST', user = 'console') =>
  request({ host: '127.0.0.1', port: api.port, path, method, agent, headers: { 'X-Remote-User': user } });

function post(path: string, body: string | object = BODY, method = 'POST') {
  return new Promise<{ code: number; body: string; retryAfter: string | undefined }>((resolve, reject) => {
    const call = open(path, method);
    call.on('error', reject);
    call.on('response', (response) => {
      const { statusCode: code = 0, headers } = response;
      text(response).then((body_) => resolve({ code, body: body_, retryAfter: headers['retry-after'] }), reject);
    });
    call.end(typeof body === 'string' ? body : JSON.stringify(body));
  });
}

describe('POST backtests', () => {
  test('tells line by line, in the namespace that was asked for', async () => {
    const { code, body } = await post(`${BASE}/namespaces/prod/backtests`);
    expect([code, body]).toEqual([200, `${JSON.stringify(PROGRESS)}\n${JSON.stringify(REPORT)}\n`]);
    expect(backtests.calls).toMatchObject([{ namespace: 'prod', manifests: BODY.manifests }]);
    await post(`${BASE}/backtests`);
    expect(backtests.calls[1]).not.toHaveProperty('namespace');
    expect(accessReview.asked.at(-1)).toMatchObject({ user: { username: 'console' }, namespace: '' });
  });

  const claims: Record<string, readonly [may: boolean, by: string | undefined, counted: string | undefined]> = {
    'nobody: of who asks': [false, undefined, 'console'],
    'who asks': [false, 'console', 'console'],
    'another, with the right to say so': [true, 'bob', 'bob'],
    'another, without it: refused, since a name that is made up is no slot of its own': [false, 'bob', undefined],
  };
  test.each(Object.entries(claims))('is, where the body names %s', async (_, [mayRelay, by, counted]) => {
    if (mayRelay) may = new Set([...may, 'relay backtests']);
    const { code, body } = await post(`${BASE}/namespaces/prod/backtests`, { ...BODY, by });
    expect(code).toBe(counted === undefined ? 403 : 200);
    if (counted === undefined) expect(body).toContain('cannot relay resource');
    expect(backtests.calls.map((call) => call.by)).toEqual(counted === undefined ? [] : [counted]);
    // A namespace's administrator has every right there, and none to this.
    const asked = accessReview.asked.filter(({ verb }) => verb === 'relay');
    expect(asked.every(({ namespace }) => namespace === '')).toBe(true);
  });

  test.each(['create backtests', 'list records'])('is not for who may not %s there', async (right) => {
    may = new Set([...may].filter((each) => each !== right));
    expect(await post(`${BASE}/backtests`)).toMatchObject({ code: 403, body: expect.stringContaining('forbidden') });
    expect(backtests.calls).toEqual([]);
  });

  const refused: Record<string, readonly [body: string | object, code: number]> = {
    'no JSON': ['{', 400],
    'no policy': [{ ...BODY, manifests: [] }, 400],
    'another field': [{ ...BODY, until: '1d' }, 400],
    'a time that is none': [{ ...BODY, since: 'yesterday' }, 400],
    'more than 90 days': [{ ...BODY, since: '92d' }, 400],
    'a body that is too large': [{ ...BODY, manifests: [{ from: 'it', text: 'x'.repeat(600_000) }] }, 413],
  };
  test.each(Object.entries(refused))('is refused for %s', async (_, [body, code]) => {
    expect((await post(`${BASE}/backtests`, body)).code).toBe(code);
    expect(backtests.calls).toEqual([]);
  });

  test('that finds others running, or nothing to read, says so', async () => {
    for (const code of ['Busy', 'OwnRuns'] as const) {
      backtests.failure = new BacktestsError(code, 'wait for it');
      const { code: status, body, retryAfter } = await post(`${BASE}/backtests`);
      expect([status, retryAfter]).toEqual([429, '10']);
      expect(JSON.parse(body)).toMatchObject({ kind: 'Status', reason: 'TooManyRequests', message: 'wait for it' });
    }
    backtests.failure = new BacktestsError('Unavailable', 'away');
    expect((await post(`${BASE}/backtests`)).code).toBe(503);
  });

  test('is all that can be done with them', async () => {
    expect((await post(`${BASE}/backtests`, '', 'GET')).code).toBe(405);
    expect((await post(`${BASE}/records`)).code).toBe(405);
    expect((await post(`${BASE}/backtests/one`)).code).toBe(404);
    expect((await post(`${BASE}/namespaces/Prod/backtests`)).code).toBe(404);
    expect((await post(BASE, '', 'GET')).body).toContain('"name":"backtests"');
  });

  test('ends when the caller goes', async () => {
    backtests.go = new Promise(() => undefined);
    const before = backtests.ended;
    const call = open(`${BASE}/backtests`);
    call.on('error', () => undefined);
    call.on('response', (response) => response.once('data', () => call.destroy()));
    call.end(JSON.stringify(BODY));
    await eventually(() => backtests.ended > before, 'it is called off');
    expect(backtests.calls).toHaveLength(1);
  });
});
