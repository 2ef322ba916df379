import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocketServer } from 'ws';
import type { Order } from '../../../test/harness/slack/slack-child.ts';
import { startSlack } from '../../../test/harness/slack/start-slack.ts';

/** Shorter than the least of what bolt would leave: a ping each 5 s, 10 s for a connection, 30 s for its end. */
const PATIENCE_MS = 3_000;

let child: ChildProcess;
beforeAll(async () => {
  child = fork('test/harness/slack/slack-child.ts');
  await once(child, 'message');
});
afterAll(() => {
  child.disconnect();
  child.kill();
});

async function ordered(order: Order): Promise<readonly string[]> {
  child.send(order);
  const [answer] = (await once(child, 'message')) as [readonly string[]];
  return answer;
}

/** Stops a start when `moment` comes, lets `afterwards` happen, and looks at what keeps the process then. */
async function expectNothingLeft(apiUrl: string, moment: () => Promise<unknown>, afterwards = () => {}): Promise<void> {
  child.send({ kind: 'Start', apiUrl } satisfies Order);
  await moment();
  await ordered({ kind: 'Stop' });
  afterwards();
  // What comes after the end, comes after a while.
  await delay(100);
  const until = Date.now() + PATIENCE_MS;
  let kept = await ordered({ kind: 'Kept' });
  while (kept.length > 0 && Date.now() < until) {
    await delay(20);
    kept = await ordered({ kind: 'Kept' });
  }
  expect(kept).toEqual([]);
}

type Stall = 'Api' | 'Open' | 'Host' | 'Upgrade' | 'Hello';

/** A Slack that comes so far, says so, and goes on when it is told. */
async function stallingSlack(stall: Stall) {
  const reached = Promise.withResolvers<void>();
  const later: (() => void)[] = [];
  const here = (goOn: () => void): void => {
    later.push(goOn);
    reached.resolve();
  };
  const mute = createTcpServer((socket) => {
    socket.on('error', () => undefined).resume();
    here(() => undefined);
  });
  const sockets = new WebSocketServer({ noServer: true });
  const server = createServer((request, response) => {
    request.resume();
    const url = stall === 'Host' ? `wss://127.0.0.1:${portOf(mute)}/` : `ws://127.0.0.1:${portOf(server)}/`;
    const isOpen = request.url?.endsWith('apps.connections.open') === true;
    const answer = () =>
      void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ ok: true, url }));
    if (stall === 'Open' && isOpen) here(answer);
    else answer();
  });
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => undefined);
    const upgrade = () =>
      sockets.handleUpgrade(request, socket, head, (connection) => {
        connection.on('error', () => undefined);
        here(() => connection.send('{"type":"hello"}'));
      });
    if (stall === 'Upgrade') here(upgrade);
    else upgrade();
  });
  for (const each of [mute, server])
    await new Promise<void>((resolve) => void each.listen(0, '127.0.0.1', () => resolve()));
  return {
    apiUrl: stall === 'Api' ? `https://127.0.0.1:${portOf(mute)}/api/` : `http://127.0.0.1:${portOf(server)}/api/`,
    reached: () => reached.promise,
    goOn: () => {
      for (const each of later) each();
    },
    [Symbol.dispose]: () => {
      for (const each of [mute, server]) each.close();
    },
  };
}

function portOf(server: { address(): unknown }): number {
  return (server.address() as AddressInfo).port;
}

const STALLS: readonly [string, Stall][] = [
  ['of the API takes a connection and says nothing', 'Api'],
  ['was asked for the address of a connection', 'Open'],
  ['of the connection takes it and says nothing', 'Host'],
  ['was asked for a WebSocket', 'Upgrade'],
  ['has made the WebSocket and said no hello', 'Hello'],
];

test.each(STALLS)('a start that is stopped leaves no socket and no timer, when the host %s', async (_, stall) => {
  using slack = await stallingSlack(stall);
  await expectNothingLeft(slack.apiUrl, slack.reached);
});

test.each(STALLS)('nor does it when Slack goes on after the end, where the host %s', async (_, stall) => {
  using slack = await stallingSlack(stall);
  await expectNothingLeft(slack.apiUrl, slack.reached, slack.goOn);
});

test('nor is anything left at any other moment', async () => {
  await using slack = await startSlack();
  slack.api.rates.enabled = false;
  for (let ms = 0; ms <= 40; ms += 4) await expectNothingLeft(slack.apiUrl, () => delay(ms));
  expect(slack.socket.connections()).toBe(0);
}, 20_000);
