import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { HOSTILE, sampleRequests } from '../../../test/builders/console-requests.ts';
import { HttpBrowser } from '../../../test/harness/http-browser.ts';
import { type ConsoleHarness, PEOPLE, startConsoleServer } from '../../../test/harness/console-server.ts';
import { createPeople } from '../../core/people/people.ts';
import { FakeClock } from '../../ports/fake-clock.ts';
import type { ApiProblem, RequestDetail, RequestList } from '../api.ts';

const OPEN = 'exec-web-0-7f3c1a9e';
const STAGED = 'exec-web-0-0c0ffee0';
const GLASS = 'exec-web-0-66666666';
const FORGED = 'exec-web-1-00000001';

let console_: ConsoleHarness;
const people: Record<string, HttpBrowser> = {};
beforeAll(async () => {
  console_ = await startConsoleServer({
    requests: sampleRequests(Date.now()),
    sealed: ({ metadata }) => metadata.name !== FORGED,
  });
  for (const login of ['alice', 'bob', 'carol', 'dave']) {
    const browser = new HttpBrowser();
    people[login] = browser;
    await browser.signIn(console_.url, login);
  }
});
afterAll(async () => {
  await console_[Symbol.asyncDispose]();
});
beforeEach(() => {
  console_.people = createPeople(PEOPLE);
  console_.acts.answer = undefined;
  console_.acts.asked.length = 0;
  console_.synced = true;
});

/** Whatever it turns out to be. */
type Body = RequestList & RequestDetail & ApiProblem;

const by = (login: string): HttpBrowser => people[login] ?? new HttpBrowser();
async function get(login: string, path: string): Promise<{ status: number; body: Body }> {
  const page = await by(login).ask(`${console_.url}/api/v1/${path}`);
  return { status: page.status, body: JSON.parse(page.text) as Body };
}
const names = async (login: string, query: string) =>
  (await get(login, `requests?${query}`)).body.items.map(({ name }) => name);
const detail = async (login: string, name: string) => (await get(login, `requests/prod/${name}`)).body;
async function vote(login: string, name: string, decision: string, more: object = {}) {
  const { uid, digest } = await detail('bob', name);
  const path = `/api/v1/requests/prod/${name}/votes`;
  const page = await by(login).post(console_.url, path, { uid, digest, decision, ...more });
  return { status: page.status, body: JSON.parse(page.text) as Body };
}

describe('who sees what', () => {
  test('what waits for bob is what his vote would count for, and a break-glass use that nobody looked at', async () => {
    const waiting = await names('bob', 'view=waiting');
    expect(waiting).toContain(OPEN);
    expect(waiting).toContain(GLASS);
    expect(waiting).not.toContain(STAGED);
    expect(waiting).not.toContain('exec-web-0-55555555');
  });

  test('nothing waits for its requester, or for whom nobody knows', async () => {
    expect(await names('alice', 'view=waiting')).toEqual([]);
    expect(await names('dave', 'view=waiting')).toEqual([]);
  });

  test('alice sees what she asked for, and what her agent asked for', async () => {
    const mine = await get('alice', 'requests?view=mine');
    expect(mine.body.items.every(({ requester }) => requester.username === 'alice')).toBe(true);
    const agents = 'requests/sallyport-system/delete-namespaces-shop-22222222';
    expect((await get('alice', agents)).status).toBe(200);
    expect((await get('alice', `requests/prod/${STAGED}`)).status).toBe(404);
  });

  test('who is in no policy and has no rights sees nothing, and cannot tell what is there', async () => {
    expect((await get('dave', 'requests')).body).toEqual({ items: [], total: 0 });
    const there = await get('dave', `requests/prod/${OPEN}`);
    const notThere = await get('dave', 'requests/prod/nothing');
    expect([there.status, there.body]).toEqual([notThere.status, notThere.body]);
    expect(there.status).toBe(404);
  });

  test('the rights of the cluster show more, namespace by namespace, asked for this person', async () => {
    await using other = await startConsoleServer({
      requests: sampleRequests(Date.now()),
      mayList: (username, namespace) => username === 'dave' && namespace === 'dev',
    });
    const dave = new HttpBrowser();
    await dave.signIn(other.url, 'dave');
    const list = JSON.parse((await dave.ask(`${other.url}/api/v1/requests`)).text) as RequestList;
    expect(new Set(list.items.map(({ namespace }) => namespace))).toEqual(new Set(['dev']));
    expect(other.accessReview.asked[0]).toMatchObject({
      user: { username: 'dave', groups: ['system:authenticated'] },
      verb: 'list',
      group: 'sallyport.dev',
      resource: 'approvalrequests',
      namespace: '',
    });
    const asked = other.accessReview.asked.length;
    await dave.ask(`${other.url}/api/v1/requests`);
    expect(other.accessReview.asked).toHaveLength(asked);
  });

  test('no answer of the cluster is a no, and is asked again', async () => {
    await using other = await startConsoleServer({ requests: sampleRequests(Date.now()), mayList: () => true });
    const dave = new HttpBrowser();
    await dave.signIn(other.url, 'dave');
    const total = async () => (JSON.parse((await dave.ask(`${other.url}/api/v1/requests`)).text) as RequestList).total;
    other.accessReview.failure = new Error('away');
    expect(await total()).toBe(0);
    other.accessReview.failure = undefined;
    expect(await total()).toBeGreaterThan(60);
  });

  test('what does not bear our seal is not shown', async () => {
    expect((await get('alice', `requests/prod/${FORGED}`)).status).toBe(404);
    expect(await names('alice', `view=mine&q=${FORGED}`)).toEqual([]);
  });
});

describe('a list', () => {
  test('comes in pages, newest first, and says how many there are', async () => {
    const first = await get('alice', 'requests?view=mine');
    expect(first.body.items).toHaveLength(50);
    const second = await get('alice', `requests?view=mine&cursor=${first.body.cursor ?? ''}`);
    const all = [...first.body.items, ...second.body.items];
    expect(second.body.cursor).toBeUndefined();
    expect([new Set(all.map(({ uid }) => uid)).size, first.body.total, second.body.total]).toEqual(
      Array(3).fill(all.length),
    );
    const times = all.map(({ createdAt }) => createdAt);
    expect(times).toEqual([...times].sort().toReversed());
  });

  test.each([
    ['by state', 'state=Denied', ['exec-web-0-44444444']],
    ['by words', 'q=inc-4711', [OPEN]],
    ['by words of the target', 'q=PROD%2Fweb&state=Pending', ['update-deployments-web-11111111']],
    ['by requester', 'requester=bob', [STAGED]],
    ['by namespace', 'namespace=sallyport-system', ['delete-namespaces-shop-22222222']],
    ['empty fields ask for nothing', 'state=Denied&q=&namespace=&requester=&cursor=', ['exec-web-0-44444444']],
  ])('is filtered %s', async (_sentence, query, expected) => {
    expect((await names('bob', query)).filter((name) => !name.startsWith('exec-web-0-333'))).toEqual(
      expect.arrayContaining(expected),
    );
  });

  test.each([
    'view=theirs',
    'state=Gone',
    'q=' + 'x'.repeat(201),
    'limit=5000',
    'view=all&view=mine',
    'cursor=' + 'x'.repeat(513),
  ])('is not given for %s', async (query) => {
    expect((await get('bob', `requests?${query}`)).body).toMatchObject({ code: 'BadRequest' });
  });

  test('of what waits begins with what ends first', async () => {
    const ends = (await get('bob', 'requests?view=waiting')).body.items.map(({ expiresAt }) => expiresAt ?? '9999');
    expect(new Set(ends).size).toBeGreaterThan(1);
    expect(ends).toEqual([...ends].sort());
  });

  test('says what is wrong with a search that is too long', async () => {
    const { message } = (await get('bob', 'requests?q=' + 'x'.repeat(201))).body;
    expect(message).toContain('what is searched for is longer than 200 characters');
  });

  test('is none before the cluster was read', async () => {
    console_.synced = false;
    expect((await get('bob', 'requests')).status).toBe(503);
  });
});

describe('one request', () => {
  test('shows what will be, who is asked, and what bob may do and why not', async () => {
    const shown = await detail('bob', OPEN);
    expect(shown).toMatchObject({
      content: { kind: 'Command', text: 'ls -la /var/log' },
      warnings: [],
      policies: ['prod-shells'],
      stages: [{ name: 'oncall', approved: 0, required: 1, approvers: ['group sre'], open: true }],
      may: { Approve: { ok: true }, Deny: { ok: true }, Cancel: { ok: false, code: 'NotTheRequester' } },
    });
    expect(shown.object).toMatchObject({ operation: 'CONNECT', exec: { command: ['ls', '-la', '/var/log'] } });
  });

  test('says why not: their own, nobody that is known, a map that is away', async () => {
    expect((await detail('alice', OPEN)).may).toMatchObject({
      Approve: { code: 'SelfApproval' },
      Cancel: { ok: true },
    });
    expect((await detail('bob', GLASS)).may.Acknowledge).toEqual({ ok: true });
    console_.people = createPeople({ people: [], templates: [] });
    expect((await detail('bob', OPEN)).may.Approve).toMatchObject({ ok: false, code: 'NoEntry' });
    console_.people = undefined;
    expect((await detail('bob', OPEN)).may.Approve).toMatchObject({ ok: false, code: 'Unavailable' });
  });

  test('of hostile texts is JSON, and shows what hides', async () => {
    const page = await by('bob').ask(`${console_.url}/api/v1/requests/prod/exec-web-0-33333333`);
    expect(page.headers['content-type']).toBe('application/json; charset=utf-8');
    const { reason, action, requester } = JSON.parse(page.text) as RequestDetail;
    const shown = HOSTILE.replace('\u202E', '\\u{202e}').replace('\u200B', '\\u{200b}');
    expect([reason, action, requester.username]).toEqual([shown, shown, shown]);
  });
});

describe('a vote', () => {
  test('counts, and comes back counted', async () => {
    const answer = await vote('bob', 'update-deployments-web-11111111', 'Approve', { reason: 'looks right' });
    expect(answer.status).toBe(201);
    expect(answer.body).toMatchObject({ state: 'Approved', approvals: '1/1', waitingForMe: false });
    expect(answer.body.timeline.map(({ text }) => text)).toContain('bob approved by Console: looks right');
    expect(console_.acts.asked[0]).toMatchObject({
      decision: 'Approve',
      onBehalfOf: { kind: 'OIDC', id: 'bob', email: 'bob@example.com', groups: ['sre'] },
    });
  });

  test.each([
    ['their own', 'alice', OPEN, 'Approve', 403, 'SelfApproval'],
    ['a stage that is not theirs to answer', 'alice', STAGED, 'Approve', 404, 'NotFound'],
    ['where nobody knows them', 'dave', OPEN, 'Approve', 404, 'NotFound'],
    ['something that is no decision', 'bob', OPEN, 'Consume', 400, 'BadRequest'],
  ])('is refused: %s', async (_sentence, login, name, decision, status, code) => {
    const { uid, digest } = await detail('bob', name);
    const path = `/api/v1/requests/prod/${name}/votes`;
    const page = await by(login).post(console_.url, path, { uid, digest, decision });
    expect([page.status, JSON.parse(page.text)]).toMatchObject([status, { code }]);
  });

  test('is refused where the webhook refuses it, in its words', async () => {
    console_.acts.answer = { kind: 'Refused', code: 'AlreadyVoted', message: 'bob has voted already' };
    expect(await vote('bob', OPEN, 'Approve')).toMatchObject({ status: 409, body: { code: 'AlreadyVoted' } });
    console_.acts.answer = { kind: 'Refused', code: 'NotSeparate', message: 'bob could act as the requester' };
    expect(await vote('bob', OPEN, 'Approve')).toMatchObject({
      status: 403,
      body: { code: 'NotSeparate', message: 'bob could act as the requester' },
    });
    console_.acts.answer = { kind: 'Unavailable', message: 'try again' };
    expect(await vote('bob', OPEN, 'Approve')).toMatchObject({ status: 503, body: { code: 'Unavailable' } });
  });

  test('[R20] on what was not shown is none', async () => {
    const zeros = `sha256:${'0'.repeat(64)}`;
    for (const other of [{ uid: 'another' }, { digest: zeros }]) {
      expect(await vote('bob', OPEN, 'Approve', other)).toMatchObject({ status: 409, body: { code: 'Changed' } });
    }
    expect(console_.acts.asked).toEqual([]);
  });

  test('[R22] of nobody, or while nobody knows who is who, is not even sent', async () => {
    console_.people = createPeople({ people: [], templates: [] });
    expect(await vote('bob', OPEN, 'Approve')).toMatchObject({ status: 403, body: { code: 'NoEntry' } });
    console_.people = undefined;
    expect(await vote('bob', OPEN, 'Approve')).toMatchObject({ status: 503, body: { code: 'Unavailable' } });
    expect(console_.acts.asked).toEqual([]);
  });

  test('of nobody who is signed in is none', async () => {
    const page = await new HttpBrowser().post(console_.url, `/api/v1/requests/prod/${OPEN}/votes`, {});
    expect(page.status).toBe(401);
  });

  test.each([
    ['no body', undefined],
    ['another field', { uid: 'u', digest: `sha256:${'0'.repeat(64)}`, decision: 'Approve', voter: 'carol' }],
    [
      'whom it is for',
      { uid: 'u', digest: `sha256:${'0'.repeat(64)}`, decision: 'Approve', onBehalfOf: { id: 'carol' } },
    ],
    [
      'a reason that is too long',
      { uid: 'u', digest: `sha256:${'0'.repeat(64)}`, decision: 'Deny', reason: 'x'.repeat(2_049) },
    ],
    ['a list', []],
    ['a prototype', JSON.parse('{"__proto__":{"uid":"u"},"decision":"Approve"}') as object],
  ])('of %s is not understood', async (_sentence, body) => {
    const page = await by('bob').post(console_.url, `/api/v1/requests/prod/${OPEN}/votes`, body);
    expect([page.status, JSON.parse(page.text)]).toMatchObject([400, { code: 'BadRequest' }]);
  });
});

describe('what is too much', () => {
  test('time', async () => {
    const clock = new FakeClock(Date.now());
    await using slow = await startConsoleServer({ requests: sampleRequests(Date.now()), clock });
    const bob = new HttpBrowser();
    await bob.signIn(slow.url, 'bob');
    const hung = Promise.withResolvers<AbortSignal>();
    slow.acts.cast = (_act, signal) => {
      hung.resolve(signal);
      return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('aborted'))));
    };
    const { uid, digest } = await detail('bob', OPEN);
    const answer = bob.post(slow.url, `/api/v1/requests/prod/${OPEN}/votes`, { uid, digest, decision: 'Deny' });
    const signal = await hung.promise;
    await clock.advance(15_000);
    const page = await answer;
    expect([page.status, JSON.parse(page.text), signal.aborted]).toMatchObject([503, { code: 'Unavailable' }, true]);
  });

  test('a body', async () => {
    const page = await by('bob').post(console_.url, `/api/v1/requests/prod/${OPEN}/votes`, {
      reason: 'x'.repeat(10_000),
    });
    expect([page.status, JSON.parse(page.text)]).toMatchObject([413, { code: 'TooLarge' }]);
  });

  test('headers', async () => {
    const page = await by('bob').ask(`${console_.url}/api/v1/me`, { headers: { 'x-more': 'x'.repeat(40_000) } });
    expect(page.status).toBe(431);
  });

  test('questions of one person; others are answered', async () => {
    const statuses = await Promise.all(Array.from({ length: 300 }, async () => (await get('carol', 'me')).status));
    expect(statuses).toContain(429);
    expect((await get('bob', 'me')).status).toBe(200);
  });
});
