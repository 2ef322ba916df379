import type { IncomingMessage } from 'node:http';
import { get } from 'node:https';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ApiProblem, RequestDetail, RequestList } from '../../src/console/api.ts';
import { eventually } from '../harness/eventually.ts';
import { achieves } from '../harness/achieves.ts';
import { HttpBrowser } from '../harness/http-browser.ts';
import { verifies } from '../harness/verifies.ts';
import { type ConsoleProcess, startConsoleProcess } from './harness/console-process.ts';
import { cast, create, execAction, expectAccepted, written } from './harness/own-kinds.ts';
import { EXEC_RULE, exec, request, scene, waitForState } from './harness/scene.ts';

let console_: ConsoleProcess;
let namespace = '';
const people: Record<string, HttpBrowser> = {};

beforeAll(async () => {
  ({ namespace } = await scene('console', [EXEC_RULE], (spec) => ({ ...spec, wait: { connect: '55s' } })));
  console_ = await startConsoleProcess();
  for (const login of ['alice', 'bob', 'carol', 'dave']) {
    const browser = new HttpBrowser(console_.ca);
    people[login] = browser;
    const page = await browser.signIn(console_.url, login);
    if (page.status !== 303) throw new Error(`${login} could not sign in: ${page.text}`);
  }
}, 120_000);

afterAll(async () => {
  await console_[Symbol.asyncDispose]();
});

const by = (login: string): HttpBrowser => people[login] ?? new HttpBrowser();

async function list(login: string, query: string): Promise<RequestList> {
  const page = await by(login).ask(`${console_.url}/api/v1/requests?namespace=${namespace}&${query}`);
  return JSON.parse(page.text) as RequestList;
}

async function detail(login: string, name: string): Promise<RequestDetail> {
  const page = await by(login).ask(`${console_.url}/api/v1/requests/${namespace}/${name}`);
  expect(page.status).toBe(200);
  return JSON.parse(page.text) as RequestDetail;
}

async function vote(login: string, { name, uid, digest }: RequestDetail, decision: string) {
  const path = `/api/v1/requests/${namespace}/${name}/votes`;
  const page = await by(login).post(console_.url, path, { uid, digest, decision });
  return { status: page.status, body: JSON.parse(page.text) as RequestDetail & ApiProblem };
}

/** The one request for this command, as soon as the console shows it to them. */
async function shown(login: string, view: string, command: string): Promise<RequestDetail> {
  const name = await achieves(`${command} to be shown to ${login}`, async () => {
    const { items } = await list(login, `view=${view}&state=Pending`);
    for (const row of items) if ((await detail(login, row.name)).content?.text === command) return row.name;
    throw new Error(`not among ${items.length}`);
  });
  return await detail(login, name);
}

describe('the console', () => {
  test(`${verifies('R20', 'R22')}shows bob what alice's command waits for; he approves, and the command goes on`, async () => {
    const running = exec('alice', namespace, 'echo', 'console');
    const waiting = await shown('bob', 'waiting', 'echo console');
    expect(waiting).toMatchObject({
      requester: { username: 'alice', person: 'alice' },
      waitingForMe: true,
      warnings: [],
      may: { Approve: { ok: true }, Cancel: { ok: false, code: 'NotTheRequester' } },
    });
    const answer = await vote('bob', waiting, 'Approve');
    expect(answer).toMatchObject({ status: 201, body: { state: 'Approved', waitingForMe: false } });
    expect(await running).toMatchObject({ code: 0, stdout: 'console\n' });
    const { status } = await waitForState(namespace, waiting.name, 'Consumed');
    expect(status?.votes).toMatchObject([{ person: 'bob', username: 'bob', via: 'Console', decision: 'Approve' }]);
    await achieves('the console to show the use', async () => {
      const { state, timeline } = await detail('bob', waiting.name);
      expect([state, timeline.map(({ kind }) => kind)]).toEqual(['Consumed', expect.arrayContaining(['Vote', 'Use'])]);
    });
  });

  test('refuses the requester, who may cancel; then it is too late for everybody', async () => {
    expectAccepted(await create('alice', written(namespace, 'by-hand', execAction(namespace, 'echo', 'own'))));
    const own = await shown('alice', 'mine', 'echo own');
    expect(own.may.Approve).toMatchObject({ ok: false, code: 'SelfApproval' });
    expect(await vote('alice', own, 'Approve')).toMatchObject({ status: 403, body: { code: 'SelfApproval' } });
    expect((await list('alice', 'view=waiting')).items).toEqual([]);
    expect(await vote('alice', own, 'Cancel')).toMatchObject({ status: 201, body: { state: 'Cancelled' } });
    expect(await vote('bob', own, 'Approve')).toMatchObject({ status: 403, body: { code: 'Ended' } });
  });

  test('two channels at once: one vote counts, the other hears why not', async () => {
    const running = exec('alice', namespace, 'echo', 'both');
    const both = await shown('bob', 'waiting', 'echo both');
    const [byConsole, byKubectl] = await Promise.all([
      vote('bob', both, 'Approve'),
      cast('bob', await request(namespace, both.name), 'Approve'),
    ]);
    await waitForState(namespace, both.name, 'Consumed');
    expect((await running).code).toBe(0);
    const { status } = await request(namespace, both.name);
    expect(status?.votes).toHaveLength(1);
    const refused = byConsole.status === 201 ? byKubectl.stderr + byKubectl.stdout : JSON.stringify(byConsole.body);
    expect(refused).toMatch(/already|code=Ended/);
  });

  test(`${verifies('R22')}shows nothing to whom no policy and no role names, and takes no vote of whom nobody knows`, async () => {
    const running = exec('alice', namespace, 'echo', 'dave');
    const seen = await shown('bob', 'waiting', 'echo dave');
    expect(await list('dave', 'view=all')).toEqual({ items: [], total: 0 });
    const page = await by('dave').ask(`${console_.url}/api/v1/requests/${namespace}/${seen.name}`);
    expect(page.status).toBe(404);
    expect(await vote('dave', seen, 'Deny')).toMatchObject({ status: 404 });
    expect(await vote('carol', seen, 'Deny')).toMatchObject({ status: 201, body: { state: 'Denied' } });
    expect((await running).code).not.toBe(0);
  });

  test('tells a page that follows of a change that it may see', async () => {
    const cookie = [...by('bob').cookiesOf(console_.url)].map(([name, value]) => `${name}=${value}`).join('; ');
    const stream = Promise.withResolvers<IncomingMessage>();
    const asking = get(`${console_.url}/api/v1/stream`, { ca: console_.ca, headers: { cookie } }, stream.resolve);
    asking.on('error', stream.reject);
    let text = '';
    (await stream.promise).setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    const running = exec('alice', namespace, 'echo', 'stream');
    const change = `event: change\ndata: {"namespace":"${namespace}"`;
    await eventually(() => text.includes(change), 'the change', 20_000);
    expect(text).toContain(change);
    asking.destroy();
    const asked = await shown('bob', 'waiting', 'echo stream');
    await vote('bob', asked, 'Approve');
    expect((await running).stdout).toBe('stream\n');
  });

  test('logs sign-ins and votes, and no code, token or cookie', async () => {
    const log = await console_.log();
    expect(log).toMatch(/"outcome":"SignedIn","username":"bob@example.com"/);
    expect(log).toMatch(/"outcome":"Cast","username":"bob@example.com","person":"bob"/);
    expect(log).toMatch(/"refusal":"SelfApproval"/);
    for (const [, value] of by('bob').cookiesOf(console_.url)) expect(log).not.toContain(value);
    expect(log).not.toMatch(/code=|id_token|access_token|Bearer/);
    expect(log).not.toContain(console_.provider.clientSecret);
  });
});
