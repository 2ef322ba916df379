import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { formBody, signature } from '../../../test/harness/slack/signed-delivery.ts';
import { type SlackWorld, slackWorld } from '../../../test/harness/slack/slack-world.ts';
import type { Message } from '../../../test/harness/slack/workspace.ts';

const FORM = 'application/x-www-form-urlencoded';

let world: SlackWorld;
let message: Message;
beforeAll(async () => {
  world = await slackWorld('Http');
  message = await world.post();
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
});
beforeEach(() => {
  world.acts.acts.length = 0;
  world.slack.workspace.ephemerals.length = 0;
});

interface Sent {
  readonly body?: string;
  readonly signed?: string;
  readonly timestamp?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly path?: string;
  readonly method?: string;
}

/** Sends a click that would count but for what differs. */
async function send({
  body = click(),
  signed = body,
  timestamp = seconds(),
  headers = {},
  path,
  method = 'POST',
}: Sent) {
  const url = new URL(path ?? '/slack/events', world.slack.requestUrl);
  const response = await fetch(url, {
    method,
    ...(method === 'POST' ? { body } : {}),
    headers: {
      'Content-Type': FORM,
      'X-Slack-Request-Timestamp': timestamp,
      'X-Slack-Signature': signature(world.slack.signingSecret, timestamp, signed),
      ...headers,
    },
  });
  return { status: response.status, text: await response.text() };
}

function click(): string {
  return formBody(world.slack.payload({ user: 'U0BOB', message, action: 'Approve' }));
}

function seconds(offset = 0): string {
  return String(Math.floor(Date.now() / 1_000) + offset);
}

/** Alice's click, which is a true one, comes after what was sent: when it is answered, it alone has become a vote. */
async function expectNothing(): Promise<void> {
  const before = world.slack.ephemerals('U0ALICE').length;
  await send({ body: formBody(world.slack.payload({ user: 'U0ALICE', message, action: 'Approve' })) });
  await world.answered('U0ALICE', before);
  expect(world.acts.acts.map(({ onBehalfOf }) => onBehalfOf.id)).toEqual(['T0EXAMPLE/U0ALICE']);
  world.acts.acts.length = 0;
}

test('a signed click is taken', async () => {
  expect(await send({})).toEqual({ status: 200, text: '' });
  expect(await world.answered('U0BOB')).toContain('You approved');
});

describe('what Slack has not signed is 401, and nothing happens', () => {
  const other = (text: string) => signature('another-secret-of-somebody-else-entirely', seconds(), text);
  const cases: readonly (readonly [string, () => Sent])[] = [
    ['another secret', () => ({ body: 'payload=1', headers: { 'X-Slack-Signature': other('payload=1') } })],
    ['no signature', () => ({ headers: { 'X-Slack-Signature': '' } })],
    ['a signature of another version', () => ({ headers: { 'X-Slack-Signature': `v1=${'0'.repeat(64)}` } })],
    ['a signature of another body', () => ({ signed: 'payload={}' })],
    ['no timestamp', () => ({ headers: { 'X-Slack-Request-Timestamp': '' } })],
    ['a timestamp that is no number', () => ({ timestamp: 'now' })],
    ['a timestamp of exponents', () => ({ timestamp: '1e99' })],
    ['a true signature six minutes ago', () => ({ timestamp: seconds(-6 * 60) })],
    ['a true signature six minutes ahead', () => ({ timestamp: seconds(6 * 60) })],
    ['another timestamp than was signed', () => ({ headers: { 'X-Slack-Request-Timestamp': seconds(-1) } })],
    ['a body that was encoded anew', () => reencoded()],
    ['an unsigned probe of TLS with a payload', () => ({ body: `ssl_check=1&${click()}`, signed: 'x' })],
  ];
  test.each(cases)('%s', async (_, sent) => {
    expect((await send(sent())).status).toBe(401);
    await expectNothing();
  });

  test('a true one that comes again, in any form', async () => {
    const [body, timestamp] = [click(), seconds()];
    const first = { body, timestamp };
    expect((await send(first)).status).toBe(200);
    await world.answered('U0BOB');
    world.acts.acts.length = 0;
    const signed = signature(world.slack.signingSecret, timestamp, body);
    expect((await send(first)).status).toBe(401);
    expect((await send({ ...first, headers: { 'X-Slack-Signature': `${signed}=again` } })).status).toBe(401);
    expect((await send({ ...first, headers: { 'X-Slack-Signature': signed.toUpperCase() } })).status).toBe(401);
    expect((await send({ ...first, headers: { 'X-Slack-Retry-Num': '1' } })).status).toBe(200);
    await expectNothing();
  });

  test('it says nothing about why', async () => {
    const { text } = await send({ signed: 'x' });
    expect(text).not.toMatch(/hmac|signature mismatch|stale/i);
  });
});

function reencoded(): Sent {
  const signed = click();
  return { signed, body: signed.replaceAll('%22', '"') };
}

describe('what Slack has signed but would not send does not end the process', () => {
  test.each([
    ['null', 400],
    ['[]', 400],
    ['1', 400],
    ['', 400],
    ['{', 400],
    ['{}', 400],
    ['{"type":7}', 400],
    ['{"type":"block_actions"}', 200],
    ['{"type":"block_actions","actions":null,"user":{}}', 200],
    ['{"type":"view_submission","view":null}', 200],
    ['{"type":"event_callback","event":{"type":"app_mention"}}', 200],
    ['{"__proto__":{"type":"block_actions"},"type":"x"}', 200],
    [`{"type":"${'x'.repeat(100_000)}"}`, 200],
    ['['.repeat(20_000), 400],
  ])('%.60s', async (payload, status) => {
    expect((await send({ body: `payload=${encodeURIComponent(payload)}` })).status).toBe(status);
    await expectNothing();
  });

  test('two payloads', async () => {
    expect((await send({ body: `${click()}&${click()}` })).status).toBe(400);
    await expectNothing();
  });

  test('bytes that are no UTF-8', async () => {
    const body = Buffer.from([0x70, 0xff, 0xfe]);
    const timestamp = seconds();
    const signed = signature(world.slack.signingSecret, timestamp, body.toString('latin1'));
    const headers = { 'Content-Type': FORM, 'X-Slack-Request-Timestamp': timestamp, 'X-Slack-Signature': signed };
    const response = await fetch(world.slack.requestUrl ?? '', { method: 'POST', body, headers });
    expect(response.status).toBe(400);
  });

  test('the check of a request URL is answered', async () => {
    const body = JSON.stringify({ type: 'url_verification', challenge: 'abc', token: 'x' });
    const { status, text } = await send({ body, headers: { 'Content-Type': 'application/json' } });
    expect([status, text]).toEqual([200, '{"challenge":"abc"}']);
  });
});

describe('one path and one method are served, with limits', () => {
  test.each([
    ['/', 404],
    ['/slack/events/', 404],
    ['/slack/events?x=1', 404],
    ['/slack/install', 404],
    ['/slack/oauth_redirect', 404],
    ['/SLACK/EVENTS', 404],
  ])('%s', async (path, status) => {
    expect((await send({ path })).status).toBe(status);
  });

  test('GET is not', async () => {
    expect((await send({ method: 'GET' })).status).toBe(405);
  });

  test('a body over half a megabyte is refused before it is read', async () => {
    expect((await send({ body: 'x'.repeat(600_000) })).status).toBe(413);
  });

  test('a body that does not come is not waited for', async () => {
    const { port } = new URL(world.slack.requestUrl ?? '');
    const socket = connect(Number(port), '127.0.0.1');
    const timestamp = seconds();
    const signed = signature(world.slack.signingSecret, timestamp, 'payload=1');
    const head = ['POST /slack/events HTTP/1.1', 'Host: x', `Content-Type: ${FORM}`, 'Content-Length: 100'];
    const proof = [`X-Slack-Request-Timestamp: ${timestamp}`, `X-Slack-Signature: ${signed}`];
    const began = Date.now();
    socket.write(`${[...head, ...proof].join('\r\n')}\r\n\r\npay`);
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(answer.toString('utf8')).toContain('408');
    expect(Date.now() - began).toBeLessThan(5_000);
    socket.destroy();
  });

  test('and it still takes what is in order', async () => {
    expect((await send({})).status).toBe(200);
  });
});
