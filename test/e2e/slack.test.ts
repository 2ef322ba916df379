import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ApprovalRequest, PolicySpec } from '../../src/core/api/kinds.ts';
import { achieves } from '../harness/achieves.ts';
import { buttonLabels, visibleText } from '../harness/slack/seen.ts';
import type { Message } from '../harness/slack/workspace.ts';
import { verifies } from '../harness/verifies.ts';
import { pendingRequest } from './harness/approved-after.ts';
import { approve, denialCode, deniedRequest, EXEC_RULE, exec, request, scene, waitForState } from './harness/scene.ts';
import { server } from './harness/server.ts';
import { type WithSlack, withSlack } from './harness/with-slack.ts';

let world: WithSlack;
/** Every test has one of its own. */
let scenes: Readonly<Record<'held' | 'denied' | 'both' | 'strangers' | 'assured' | 'away' | 'killed', string>>;
beforeAll(async () => {
  world = await withSlack();
  const [held, denied, both, strangers, assured, away, killed] = await Promise.all([
    slackScene('slack-held', '40s'),
    slackScene('slack-deny'),
    slackScene('slack-both'),
    slackScene('slack-strangers'),
    slackScene('slack-assured', '0s', 'Console'),
    slackScene('slack-away'),
    slackScene('slack-killed'),
  ]);
  scenes = { held, denied, both, strangers, assured, away, killed };
}, 180_000);
afterAll(async () => {
  await world[Symbol.asyncDispose]();
}, 180_000);

const CHANNEL = { kind: 'Slack', channel: '#prod-access' } as const;

async function slackScene(prefix: string, connect = '0s', minAssurance?: 'Console'): Promise<string> {
  const change = (spec: PolicySpec): PolicySpec => ({
    ...spec,
    approval: { ...spec.approval, ...(minAssurance === undefined ? {} : { minAssurance }) },
    wait: { connect },
    notify: [CHANNEL],
  });
  return (await scene(prefix, [EXEC_RULE], change)).namespace;
}

/** A request of alice's that waits, and its message once it stands there with its buttons. */
async function asked(namespace: string): Promise<{ name: string; message: Message }> {
  const { name } = deniedRequest(await exec('alice', namespace, 'echo', 'hello'));
  return { name, message: await world.saying(namespace, `${namespace}/web-0`) };
}

async function press(user: string, message: Message, action: string): Promise<string> {
  const before = world.slack.ephemerals(user).length;
  const { acked } = await world.slack.click({ user, message, action });
  expect(acked).toBe(true);
  return world.answered(user, before);
}

function notified({ status }: ApprovalRequest) {
  return status?.conditions?.find(({ type }) => type === 'Notified');
}

describe('a click in Slack', () => {
  test(`${verifies('R22', 'README-slack')}on Approve lets a held exec go on, and the message says by whom, when, and that it was used`, async () => {
    const namespace = scenes.held;
    const running = exec('alice', namespace, 'echo', 'hello');
    const name = await pendingRequest(namespace);
    const message = await world.saying(namespace, 'echo hello');
    expect(buttonLabels(message.blocks)).toEqual(['Approve', 'Deny…', 'Details']);
    expect(await press('U0BOB', message, 'Approve')).toBe(`You approved ${namespace}/${name}.`);
    expect(await running).toMatchObject({ code: 0, stdout: 'hello\n' });
    const used = await world.saying(namespace, 'Used by alice');
    expect(visibleText(used.blocks)).toMatch(/UTC {2}approved by bob via Slack/);
    expect(buttonLabels(used.blocks)).toEqual([]);
    expect(world.about(namespace)).toHaveLength(1);
    const { status } = await request(namespace, name);
    expect(status?.votes).toMatchObject([{ person: 'bob', via: 'Slack' }]);
    // Each channel has its own pace.
    const thread = () => world.slack.thread(used).map(({ blocks }) => visibleText(blocks));
    await achieves('the thread to say who approved', async () =>
      expect(thread().join('\n')).toContain('approved by bob via Slack'),
    );
    const own = () =>
      world.slack.directMessages('U0ALICE').filter(({ blocks }) => visibleText(blocks).includes(namespace));
    await achieves('alice to be told', async () => expect(own()).toHaveLength(1));
  });

  test('on Deny asks why, and the requester reads it', async () => {
    const namespace = scenes.denied;
    const { name, message } = await asked(namespace);
    await world.slack.click({ user: 'U0CAROL', message, action: 'Deny…' });
    const view = await achieves('a form', async () => {
      const found = world.slack.viewOf('U0CAROL');
      if (found === undefined) throw new Error('no form');
      return found;
    });
    await world.slack.submit(view, { sallyport_reason_block: 'not on a Friday' });
    await waitForState(namespace, name, 'Denied');
    const again = await exec('alice', namespace, 'echo', 'hello');
    expect(denialCode(again)).toBe('Denied');
    expect(again.stderr).toContain('not on a Friday');
    const denied = await world.saying(namespace, 'Denied by carol via Slack: not on a Friday');
    expect(buttonLabels(denied.blocks)).toEqual([]);
  });

  test('and a vote by kubectl: one counts, the other hears why not', async () => {
    const namespace = scenes.both;
    const { name, message } = await asked(namespace);
    const clicks = ['U0BOB', 'U0CAROL'].map((user) => ({
      user,
      payload: world.slack.payload({ user, message, action: 'Approve' }),
    }));
    await approve('bob', { namespace, name });
    await waitForState(namespace, name, 'Approved');
    for (const { user, payload } of clicks) {
      const before = world.slack.ephemerals(user).length;
      await world.slack.deliver(payload);
      expect(await world.answered(user, before)).toContain('This did not count');
    }
    const { status } = await request(namespace, name);
    expect(status?.votes).toMatchObject([{ person: 'bob', via: 'Kubernetes' }]);
  });

  test(`${verifies('R22')}of who is unmapped, deactivated, or no approver is refused, and they alone hear why`, async () => {
    const namespace = scenes.strangers;
    const { name, message } = await asked(namespace);
    const leaver = world.slack.workspace.users.get('U0LEAVER');
    if (leaver !== undefined) leaver.deleted = true;
    expect(await press('U0MALLORY', message, 'Approve')).toContain('people map');
    expect(await press('U0LEAVER', message, 'Approve')).toContain('deactivated');
    expect(await press('U0ALICE', message, 'Approve')).toContain('own request');
    const { status } = await request(namespace, name);
    expect([status?.state, status?.votes ?? []]).toEqual(['Pending', []]);
  });

  test(`${verifies('R22', 'README-assurance')}cannot approve where the policy wants the console`, async () => {
    const namespace = scenes.assured;
    const { name } = deniedRequest(await exec('alice', namespace, 'echo', 'x'));
    const message = await world.saying(namespace, `kubectl sallyport approve ${namespace}/${name}`);
    expect(buttonLabels(message.blocks)).toEqual(['Deny…', 'Details']);
  });
});

describe('Slack that is away', () => {
  test(`${verifies('README-away')}leaves the request Pending, Notified says why, and is told when it returns`, async () => {
    world.slack.api.faults.set('*', { kind: 'Status', status: 503 });
    const namespace = scenes.away;
    const { name } = deniedRequest(await exec('alice', namespace, 'echo', 'away'));
    const waiting = await achieves('Notified to be False', async () => {
      const current = await request(namespace, name);
      expect(notified(current)).toMatchObject({ status: 'False', message: expect.stringContaining('503') });
      return current;
    });
    expect(waiting.status?.state).toBe('Pending');
    world.slack.api.faults.clear();
    const message = await world.saying(namespace, `${namespace}/web-0`, 40_000);
    expect(await press('U0BOB', message, 'Approve')).toContain('You approved');
    await achieves('Notified to be True', async () => {
      expect(notified(await request(namespace, name))).toMatchObject({ status: 'True' });
    });
    expect(world.about(namespace)).toHaveLength(1);
  }, 120_000);

  test('in the middle of a post, with a Sallyport that dies then, doubles nothing', async () => {
    const namespace = scenes.killed;
    world.slack.api.faults.set('chat.postMessage', { kind: 'AnswerLost' });
    const { name } = deniedRequest(await exec('alice', namespace, 'echo', 'killed'));
    await world.saying(namespace, `${namespace}/web-0`);
    await server.kill();
    world.slack.api.faults.clear();
    await server.start();
    await achieves('a connection to Slack', async () => {
      expect(world.slack.socket.connections()).toBeGreaterThan(0);
    });
    await achieves(
      'the message to be known again',
      async () => {
        const { status } = await request(namespace, name);
        expect(status?.notifications?.find(({ channel }) => channel === 'Slack #prod-access')?.handle).toBeDefined();
      },
      60_000,
    );
    const [message, ...more] = world.about(namespace);
    expect(more).toEqual([]);
    expect(await press('U0BOB', message as Message, 'Approve')).toContain('You approved');
    await waitForState(namespace, name, 'Approved');
  }, 180_000);
});
