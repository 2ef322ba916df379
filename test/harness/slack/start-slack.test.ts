import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { markup } from './seen.ts';
import { startSlack, type Slack } from './start-slack.ts';

let slack: Slack;
beforeEach(async () => {
  slack = await startSlack();
});
afterEach(async () => {
  await slack[Symbol.asyncDispose]();
});

async function call(method: string, args: object, token = slack.botToken): Promise<Record<string, unknown>> {
  const response = await fetch(`${slack.apiUrl}${method}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` },
    body: JSON.stringify(args),
  });
  return {
    status: response.status,
    retryAfter: response.headers.get('retry-after'),
    ...((await response.json()) as object),
  };
}

const button = { type: 'button', action_id: 'a', text: { type: 'plain_text', text: 'Go' } };
const plain = (text: string) => ({ type: 'plain_text', text });
const POST = { channel: '#prod-access', text: 'hello' };

describe('a stand-in that is laxer than Slack would prove nothing: it refuses', () => {
  const cases: readonly (readonly [string, string, object, string])[] = [
    ['an argument that the method does not have', 'chat.postMessage', { ...POST, chanel: 'x' }, 'invalid_arguments'],
    ['a missing argument', 'chat.update', { channel: 'C0PRODACCESS', text: 'x' }, 'invalid_arguments'],
    ['a method that does not exist', 'chat.postMesage', POST, 'unknown_method'],
    ['a channel that does not exist', 'chat.postMessage', { ...POST, channel: '#nowhere' }, 'channel_not_found'],
    ['an update of a channel by name', 'chat.update', { ...POST, ts: '1.000001' }, 'channel_not_found'],
    [
      'an update of no message',
      'chat.update',
      { ...POST, channel: 'C0PRODACCESS', ts: '1.000001' },
      'message_not_found',
    ],
    ['a message without content', 'chat.postMessage', { channel: '#prod-access' }, 'no_text'],
    ['a text of 4,001', 'chat.postMessage', { ...POST, text: 'x'.repeat(4_001) }, 'msg_too_long'],
    [
      '51 blocks',
      'chat.postMessage',
      { ...POST, blocks: Array.from({ length: 51 }, () => ({ type: 'divider' })) },
      'invalid_blocks',
    ],
    [
      'a header of 151',
      'chat.postMessage',
      { ...POST, blocks: [{ type: 'header', text: plain('x'.repeat(151)) }] },
      'invalid_blocks',
    ],
    [
      'a section of 3,001',
      'chat.postMessage',
      { ...POST, blocks: [{ type: 'section', text: plain('x'.repeat(3_001)) }] },
      'invalid_blocks',
    ],
    [
      'eleven elements of context',
      'chat.postMessage',
      { ...POST, blocks: [{ type: 'context', elements: Array(11).fill(plain('x')) }] },
      'invalid_blocks',
    ],
    [
      'six buttons in a row',
      'chat.postMessage',
      {
        ...POST,
        blocks: [
          {
            type: 'actions',
            elements: Array.from({ length: 6 }, (_, i) => ({ ...button, action_id: `a${i}` })),
          },
        ],
      },
      'invalid_blocks',
    ],
    [
      'two buttons of one id',
      'chat.postMessage',
      { ...POST, blocks: [{ type: 'actions', elements: [button, button] }] },
      'invalid_blocks',
    ],
    [
      'a value of 2,001',
      'chat.postMessage',
      { ...POST, blocks: [{ type: 'actions', elements: [{ ...button, value: 'x'.repeat(2_001) }] }] },
      'invalid_blocks',
    ],
    [
      'a field that blocks do not have',
      'chat.postMessage',
      { ...POST, blocks: [{ type: 'divider', colour: 'red' }] },
      'invalid_blocks',
    ],
    ['a trigger that nobody issued', 'views.open', { trigger_id: '1', view: {} }, 'invalid_trigger_id'],
  ];
  test.each(cases)('%s', async (_, method, args, error) => {
    expect(await call(method, args)).toMatchObject({ ok: false, error });
  });

  test('a wrong token, and a token of the other kind', async () => {
    expect(await call('auth.test', {}, 'xoxb-wrong')).toMatchObject({ error: 'invalid_auth' });
    expect(await call('auth.test', {}, slack.appToken)).toMatchObject({ error: 'not_allowed_token_type' });
    expect(await call('apps.connections.open', {})).toMatchObject({ error: 'not_allowed_token_type' });
  });

  test('a second message to a channel within the second, and says when', async () => {
    expect(await call('chat.postMessage', POST)).toMatchObject({ ok: true });
    expect(await call('chat.postMessage', POST)).toMatchObject({ status: 429, retryAfter: '1' });
    expect(slack.messages('#prod-access')).toHaveLength(1);
  });
});

test('a message is posted, changed and listed with its metadata', async () => {
  const metadata = { event_type: 'kind', event_payload: { uid: 'u' } };
  const { ts, channel } = await call('chat.postMessage', { ...POST, metadata });
  await call('chat.update', { channel, ts, text: 'changed' });
  expect(await call('conversations.history', { channel, include_all_metadata: true })).toMatchObject({
    messages: [{ ts, text: 'changed', metadata }],
  });
});

test('an answer that is lost is a message that stands', async () => {
  slack.api.faults.set('chat.postMessage', { kind: 'AnswerLost' });
  await expect(call('chat.postMessage', POST)).rejects.toThrow('fetch failed');
  expect(slack.messages('#prod-access')).toHaveLength(1);
});

test.each([
  ['<!channel>', ['<!channel>']],
  ['a *bold* word', ['*bold*']],
  ['`code`', ['`code`']],
  ['&lt;!channel&gt; a * b', []],
])('what Slack makes markup of: %s', (text, found) => {
  expect(markup(text)).toEqual(found);
});
