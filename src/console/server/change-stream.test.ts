import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { approvalVote } from '../../../test/builders/approval-vote.ts';
import { sampleRequests } from '../../../test/builders/console-requests.ts';
import { HttpBrowser } from '../../../test/harness/http-browser.ts';
import { type ConsoleHarness, startConsoleServer } from '../../../test/harness/console-server.ts';
import { eventually } from '../../../test/harness/eventually.ts';
import { FakeClock } from '../../ports/fake-clock.ts';

const OPEN = 'exec-web-0-7f3c1a9e';

let console_: ConsoleHarness;
let clock: FakeClock;
const streams: Followed[] = [];
beforeEach(async () => {
  clock = new FakeClock(Date.now());
  console_ = await startConsoleServer({
    clock,
    requests: sampleRequests(Date.now()),
    streams: 3,
    mayList: (username) => username === 'carol',
  });
});
afterEach(async () => {
  for (const stream of streams.splice(0)) stream.close();
  await console_[Symbol.asyncDispose]();
});

interface Followed {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  text(): string;
  ended(): boolean;
  pause(): void;
  close(): void;
}

async function follow(login: string): Promise<Followed & { readonly browser: HttpBrowser }> {
  const browser = new HttpBrowser();
  await browser.signIn(console_.url, login);
  const cookie = [...browser.cookiesOf(console_.url)].map(([name, value]) => `${name}=${value}`).join('; ');
  const { promise, resolve } = Promise.withResolvers<{ response: IncomingMessage; asked: ClientRequest }>();
  const asked = request(`${console_.url}/api/v1/stream`, { agent: false, headers: { cookie } }, (response) =>
    resolve({ response, asked }),
  ).end();
  asked.on('error', () => undefined);
  const { response } = await promise;
  let text = '';
  let ended = false;
  response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  response.on('close', () => (ended = true)).on('error', () => undefined);
  const stream = {
    browser,
    status: response.statusCode ?? 0,
    headers: response.headers,
    text: () => text,
    ended: () => ended,
    pause: () => void response.pause(),
    close: () => void asked.destroy(),
  };
  streams.push(stream);
  return stream;
}

/** Somebody wrote the request. */
function touch(name: string, namespace = 'prod'): void {
  const request = console_.requests.get(`${namespace}/${name}`);
  if (request !== undefined) console_.requests.put({ ...request });
}

/** What is gathered is told, and what is told arrives. */
async function told(stream: Followed, text: string): Promise<void> {
  await clock.advance(100);
  await eventually(() => stream.text().includes(text), `${text} in the stream`);
  expect(stream.text()).toContain(text);
}

describe('the stream of changes', () => {
  test('says which request changed, once for several writes of one moment', async () => {
    const bob = await follow('bob');
    expect([bob.status, bob.headers['content-type']]).toEqual([200, 'text/event-stream; charset=utf-8']);
    touch(OPEN);
    touch(OPEN);
    await told(bob, `event: change\ndata: {"namespace":"prod","name":"${OPEN}"}\n\n`);
    expect(bob.text().match(/event: change/g)).toHaveLength(1);
  });

  test('says it of a vote too, before the controller has written anything', async () => {
    const bob = await follow('bob');
    const open = console_.requests.get(`prod/${OPEN}`);
    if (open !== undefined) console_.votes.put(approvalVote(open, 'Approve', { username: 'carol' }));
    await told(bob, OPEN);
    expect(bob.text()).toContain(OPEN);
  });

  test('says nothing of what somebody may not see', async () => {
    const [dave, alice, carol] = [await follow('dave'), await follow('alice'), await follow('carol')];
    touch('exec-web-0-0c0ffee0');
    await told(carol, 'exec-web-0-0c0ffee0');
    touch(OPEN);
    await told(alice, OPEN);
    expect(dave.text()).not.toContain('change');
    expect(alice.text()).not.toContain('exec-web-0-0c0ffee0');
  });

  test('is alive every fifteen seconds, and ends with the session', async () => {
    const bob = await follow('bob');
    await clock.advance(15_000);
    await eventually(() => bob.text().includes(': still here'), 'a heartbeat');
    expect(bob.ended()).toBe(false);
    await clock.advance(30 * 60_000);
    await eventually(() => bob.ended(), 'the end');
  });

  test('ends with the sign-out', async () => {
    const bob = await follow('bob');
    await bob.browser.post(console_.url, '/logout', {});
    touch(OPEN);
    await clock.advance(100);
    await eventually(() => bob.ended(), 'the end');
    expect(bob.text()).not.toContain(OPEN);
  });

  test('is bounded, and there is room again when one goes', async () => {
    const first = await follow('bob');
    await follow('bob');
    await follow('carol');
    const late = await follow('carol');
    expect([late.status, late.headers['retry-after']]).toEqual([503, '5']);
    first.close();
    await eventually(() => first.ended(), 'the end of the first');
    await delay(50);
    expect((await follow('carol')).status).toBe(200);
  });

  test('is not for whoever is not signed in', async () => {
    expect((await new HttpBrowser().ask(`${console_.url}/api/v1/stream`)).status).toBe(401);
  });

  test('drops whoever does not read', async () => {
    const slow = await follow('bob');
    slow.pause();
    const open = console_.requests.get(`prod/${OPEN}`);
    if (open === undefined) throw new Error('no sample');
    for (let round = 0; round < 60 && !slow.ended(); round += 1) {
      for (let each = 0; each < 2_000; each += 1) {
        const name = `${'x'.repeat(200)}-${each}`;
        console_.requests.put({ ...open, metadata: { ...open.metadata, name } });
      }
      await clock.advance(100);
      const gone = (await console_.metrics.render()).text.includes('sallyport_console_streams 0');
      if (gone) return;
    }
    expect((await console_.metrics.render()).text).toContain('sallyport_console_streams 0');
  });
});
