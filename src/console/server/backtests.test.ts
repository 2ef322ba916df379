import { request } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { approvalPolicy } from '../../../test/builders/approval-policy.ts';
import { backtestReport } from '../../../test/builders/backtest-report.ts';
import { type ConsoleHarness, startConsoleServer } from '../../../test/harness/console-server.ts';
import { eventually } from '../../../test/harness/eventually.ts';
import { HttpBrowser } from '../../../test/harness/http-browser.ts';
import type { BacktestNews } from '../../core/backtest/backtest-call.ts';
import { BacktestsError } from '../../ports/backtests.ts';
import { FakeBacktests } from '../../ports/fake-backtests.ts';

const PATH = '/api/v1/backtests';
const PROGRESS: BacktestNews = { type: 'Progress', events: 10, bytes: 1, totalBytes: 4 };
const REPORT: BacktestNews = { type: 'Report', report: backtestReport(), ofOneLedger: false };
/** A day more than a week. */
const EIGHT_DAYS_MS = 8 * 86_400_000;

let backtests: FakeBacktests;
let console_: ConsoleHarness;
let rights: (username: string, resource: string, namespace: string) => boolean;
let bob: HttpBrowser;

beforeEach(async () => {
  backtests = new FakeBacktests();
  backtests.news = [PROGRESS, REPORT];
  rights = () => true;
  console_ = await startConsoleServer({
    backtests,
    policies: [approvalPolicy()],
    mayDo: (...asked) => rights(...asked),
  });
  bob = new HttpBrowser();
  await bob.signIn(console_.url, 'bob');
});
afterEach(async () => {
  await console_[Symbol.asyncDispose]();
});

const TRY = { policies: ['prod-shells'], days: 7 };

async function post(body: object, browser = bob, headers = {}) {
  const { status, text, headers: answered } = await browser.post(console_.url, PATH, body, headers);
  const lines = text.trim().split('\n');
  return {
    status,
    retryAfter: answered['retry-after'],
    lines: lines.map((line) => JSON.parse(line) as BacktestNews & { code?: string; message?: string }),
  };
}

describe('policies are tried in the console', () => {
  test('a stored one, or one that is written: what is told comes line by line', async () => {
    expect(await post({ ...TRY, namespace: 'prod' })).toEqual({ status: 200, lines: [PROGRESS, REPORT] });
    const [call] = backtests.calls;
    expect(call).toMatchObject({ by: 'bob', namespace: 'prod', manifests: [{ from: 'the cluster' }] });
    const { spec } = approvalPolicy();
    expect(JSON.parse(call?.manifests[0]?.text ?? '')).toEqual({
      apiVersion: 'sallyport.dev/v1alpha1',
      kind: 'ApprovalPolicy',
      metadata: { name: 'prod-shells' },
      spec,
    });
    expect(Date.now() - Date.parse(call?.since ?? '')).toBeLessThan(EIGHT_DAYS_MS);
    await post({ yaml: 'kind: Mine', days: 30 });
    expect(backtests.calls[1]?.manifests).toEqual([{ from: 'what you wrote', text: 'kind: Mine' }]);
    expect(backtests.ended).toBe(2);
  });

  test('where the cluster lets them list records, asked for them; stored ones where it lets them list policies', async () => {
    rights = (_username, resource, namespace) => resource !== 'approvalpolicies' && namespace === 'prod';
    expect(await post(TRY)).toMatchObject({ status: 403, lines: [{ code: 'Forbidden' }] });
    expect(await post({ ...TRY, namespace: 'prod' })).toMatchObject({ status: 404, lines: [{ code: 'NotFound' }] });
    expect(backtests.calls).toEqual([]);
    expect((await post({ yaml: 'x', days: 7, namespace: 'prod' })).status).toBe(200);
    expect(console_.accessReview.asked[0]).toMatchObject({
      user: { username: 'bob' },
      verb: 'list',
      group: 'evidence.sallyport.dev',
      resource: 'records',
      namespace: '',
    });
    const choices = async (query: string) => (await bob.ask(`${console_.url}${PATH}${query}`)).text;
    expect(JSON.parse(await choices('?namespace=prod'))).toEqual({ policies: [] });
    expect(JSON.parse(await choices(''))).toMatchObject({ code: 'Forbidden' });
    rights = () => true;
    expect(JSON.parse(await choices(''))).toEqual({ policies: ['prod-shells'] });
  });

  test.each(['records', 'backtests'])('by nobody’s rights but theirs: not without that to %s', async (missing) => {
    rights = (_username, resource) => resource !== missing;
    expect(await post({ ...TRY, namespace: 'prod' })).toMatchObject({ status: 403, lines: [{ code: 'Forbidden' }] });
    const { text } = await bob.ask(`${console_.url}${PATH}?namespace=prod`);
    expect(JSON.parse(text)).toMatchObject({
      code: 'Forbidden',
      message: expect.stringContaining('create backtests'),
    });
    expect(backtests.calls).toEqual([]);
    expect(console_.accessReview.asked).toContainEqual(
      expect.objectContaining({
        user: expect.objectContaining({ username: 'bob' }) as object,
        verb: 'create',
        group: 'evidence.sallyport.dev',
        resource: 'backtests',
        namespace: 'prod',
      }),
    );
  });

  const wrong: Record<string, object> = {
    'no policy': { days: 7 },
    'another span': { ...TRY, days: 400 },
    'too many': { days: 7, policies: Array.from({ length: 11 }, (_, index) => `p-${index}`) },
    'another field': { ...TRY, since: '2020-01-01' },
  };
  test.each(Object.entries(wrong))('and nothing is run for a body with %s', async (_, body) => {
    expect(await post(body)).toMatchObject({ status: 400, lines: [{ code: 'BadRequest' }] });
    expect(backtests.calls).toEqual([]);
  });

  test('nor for one that is too large, or from another page', async () => {
    expect((await post({ days: 7, yaml: 'x'.repeat(400_000) })).status).toBe(413);
    expect((await post(TRY, bob, { origin: 'https://evil.example' })).status).toBe(403);
    expect((await post(TRY, new HttpBrowser())).status).toBe(401);
    expect(backtests.calls).toEqual([]);
  });

  test('one at a time for each person; who closes the page calls it off, and may begin another', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    backtests.go = promise;
    const csrf = (JSON.parse((await bob.ask(`${console_.url}/api/v1/me`)).text) as { csrfToken: string }).csrfToken;
    const cookie = [...bob.cookiesOf(console_.url)].map(([name, value]) => `${name}=${value}`).join('; ');
    const { origin } = new URL(console_.url);
    const headers = { cookie, origin, 'content-type': 'application/json', 'x-csrf-token': csrf };
    const open = request(`${console_.url}${PATH}`, { method: 'POST', headers, agent: false });
    const first = Promise.withResolvers<string>();
    open.on('response', (response) => response.once('data', (chunk: Buffer) => first.resolve(chunk.toString())));
    open.on('error', () => undefined);
    open.end(JSON.stringify(TRY));
    // Told while it runs.
    expect(JSON.parse(await first.promise)).toEqual(PROGRESS);
    expect(await post(TRY)).toMatchObject({
      status: 429,
      retryAfter: '10',
      lines: [{ code: 'Busy', message: expect.stringContaining('cancel it where you began it') }],
    });
    open.destroy();
    await eventually(() => backtests.ended === 1, 'it is called off');
    resolve();
    expect((await post(TRY)).status).toBe(200);
  });

  const ends: Record<string, readonly [() => void, object]> = {
    'others run theirs': [
      () => (backtests.failure = new BacktestsError('Busy', 'others do: wait')),
      { status: 429, retryAfter: '10', lines: [{ code: 'Busy', message: 'others do: wait' }] },
    ],
    'they run one elsewhere': [
      () => (backtests.failure = new BacktestsError('OwnRuns', 'yours: cancel it')),
      { status: 429, retryAfter: '10', lines: [{ code: 'Busy', message: 'yours: cancel it' }] },
    ],
    'the API is away': [
      () => (backtests.failure = new BacktestsError('Unavailable', 'away')),
      { status: 503, lines: [{ code: 'Unavailable' }] },
    ],
    'it breaks off': [
      () => (backtests.news = [PROGRESS]),
      { status: 200, lines: [PROGRESS, { type: 'Failed', message: 'the API of evidence answers no more; try again' }] },
    ],
  };
  test.each(Object.entries(ends))(
    'and is told where %s; the next is not held up by it',
    async (_, [happens, answer]) => {
      happens();
      expect(await post(TRY)).toMatchObject(answer);
      [backtests.failure, backtests.news] = [undefined, [REPORT]];
      expect((await post(TRY)).status).toBe(200);
    },
  );
});
