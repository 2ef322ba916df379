import { afterEach, beforeEach, expect, test } from 'vitest';
import { sampleRequests } from '../../../test/builders/console-requests.ts';
import { type ConsoleHarness, startConsoleServer } from '../../../test/harness/console-server.ts';
import { HttpBrowser } from '../../../test/harness/http-browser.ts';
import type { ApiProblem, Me, RequestDetail, RequestList } from '../api.ts';

const OPEN = 'exec-web-0-7f3c1a9e';
const SINCE = '2026-11-21T14:00:00.000Z';

let console_: ConsoleHarness;
let bob: HttpBrowser;
beforeEach(async () => {
  console_ = await startConsoleServer({ requests: sampleRequests(Date.now()) });
  bob = new HttpBrowser();
  await bob.signIn(console_.url, 'bob');
});
afterEach(async () => {
  await console_[Symbol.asyncDispose]();
});

type Body = Me & RequestList & RequestDetail & ApiProblem;
async function get(path: string): Promise<{ status: number; body: Body }> {
  const page = await bob.ask(`${console_.url}/api/v1/${path}`);
  return { status: page.status, body: JSON.parse(page.text) as Body };
}
/** The API server is away: the watches are behind, and with them the people map. */
function away(): void {
  console_.freshAt = Date.parse(SINCE);
  console_.people = undefined;
}

test('with the API server away, what was known is shown, with since when it is out of date', async () => {
  const before = await get('requests?view=waiting');
  expect(before.body.total).toBeGreaterThan(0);
  expect(before.body.staleSince).toBeUndefined();
  away();
  expect(await get('me')).toMatchObject({ status: 200, body: { person: 'bob', mapAway: true } });
  const after = await get('requests?view=waiting');
  expect(after.body).toMatchObject({ total: before.body.total, staleSince: SINCE });
  expect(after.body.items.map(({ name }) => name)).toEqual(before.body.items.map(({ name }) => name));
  expect((await get(`requests/prod/${OPEN}`)).body).toMatchObject({
    staleSince: SINCE,
    may: { Approve: { ok: false, code: 'Unavailable' } },
  });
});

test('[R22] who somebody was casts no vote', async () => {
  const { uid, digest } = (await get(`requests/prod/${OPEN}`)).body;
  away();
  const path = `/api/v1/requests/prod/${OPEN}/votes`;
  const answer = await bob.post(console_.url, path, { uid, digest, decision: 'Approve' });
  expect([answer.status, JSON.parse(answer.text)]).toMatchObject([503, { code: 'Unavailable' }]);
  expect(console_.acts.asked).toEqual([]);
});

test('where nobody could ever tell who it is, nothing is said to wait for nobody', async () => {
  away();
  const me = await get('me');
  expect(me.body).toMatchObject({ username: 'bob', mapAway: true });
  expect(me.body).not.toHaveProperty('person');
  for (const path of ['requests?view=waiting', 'requests?view=mine'])
    expect(await get(path)).toMatchObject({ status: 503, body: { code: 'Unavailable' } });
});

test('what is not known is not said not to be there', async () => {
  expect((await get('requests/prod/nothing')).status).toBe(404);
  away();
  expect((await get('requests/prod/nothing')).status).toBe(503);
});

test('a page that follows hears that the API server is away, and that it is back', async () => {
  const cookie = [...bob.cookiesOf(console_.url)].map(([name, value]) => `${name}=${value}`).join('; ');
  const stop = new AbortController();
  const response = await fetch(`${console_.url}/api/v1/stream`, { headers: { cookie }, signal: stop.signal });
  let heard = '';
  const reading = (async () => {
    for await (const chunk of response.body ?? []) heard += new TextDecoder().decode(chunk as Uint8Array);
  })().catch(() => undefined);
  await expect.poll(() => heard, { timeout: 5_000 }).toContain('event: standing\ndata: {}\n\n');
  away();
  const stale = `event: standing\ndata: {"staleSince":"${SINCE}"}\n\n`;
  await expect.poll(() => heard, { timeout: 5_000 }).toContain(stale);
  console_.freshAt = undefined;
  await expect.poll(() => heard, { timeout: 5_000 }).toContain(`${stale}event: standing\ndata: {}\n\n`);
  stop.abort();
  await reading;
});
