import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { policyTerms, stage } from '../../../test/builders/approval-policy.ts';
import type { Parts } from '../../../test/builders/exec-request.ts';
import { eventually } from '../../../test/harness/eventually.ts';
import { visibleText } from '../../../test/harness/slack/seen.ts';
import type { OpenView, User } from '../../../test/harness/slack/workspace.ts';
import { addChannel, addUser } from '../../../test/harness/slack/workspace.ts';
import { type Mode, type SlackWorld, slackWorld } from '../../../test/harness/slack/slack-world.ts';
import { digestOf } from '../../core/attributes/digest.ts';

const APPROVED: Parts = { status: { state: 'Approved' } };
const BROKEN: Parts = {
  status: {
    state: 'Consumed',
    conditions: [
      { type: 'BreakGlass', status: 'True', lastTransitionTime: '2026-01-01T10:05:00Z', reason: 'x', message: 'x' },
    ],
  },
};
const BREAKABLE: Parts = {
  spec: {
    policies: [policyTerms({ breakGlass: { subjects: [{ kind: 'User', name: 'alice' }], maxWindowSeconds: 600 } })],
  },
};

describe.each(['Socket', 'Http'] as const)('a click by %s', (mode: Mode) => {
  let world: SlackWorld;
  beforeAll(async () => {
    world = await slackWorld(mode);
  });
  afterAll(async () => {
    await world[Symbol.asyncDispose]();
  });
  beforeEach(() => {
    world.acts.acts.length = 0;
    world.acts.answer = { kind: 'Cast' };
    world.slack.api.faults.clear();
    world.slack.workspace.ephemerals.length = 0;
    world.slack.workspace.views.clear();
    world.requests.clear();
  });

  async function opened(user: string): Promise<OpenView> {
    await eventually(() => world.slack.viewOf(user) !== undefined, `a form for ${user}`);
    return world.slack.viewOf(user) as OpenView;
  }

  test('on Approve becomes a vote of that user, on the uid and digest that were shown [R20]', async () => {
    const message = await world.post();
    const { acked, ms } = await world.slack.click({ user: 'U0BOB', message, action: 'Approve' });
    expect(acked).toBe(true);
    expect(ms).toBeLessThan(3_000);
    expect(await world.answered('U0BOB')).toBe('You approved prod/exec-web-0.');
    const action = world.requests.get('prod/exec-web-0')?.spec.action;
    expect(world.acts.acts).toEqual([
      {
        request: {
          namespace: 'prod',
          name: 'exec-web-0',
          uid: 'uid-of-exec-web-0',
          digest: action === undefined ? '' : digestOf(action),
        },
        decision: 'Approve',
        onBehalfOf: { kind: 'Slack', id: 'T0EXAMPLE/U0BOB' },
      },
    ]);
  });

  test('on Deny asks for a reason, and the vote has it', async () => {
    const message = await world.post();
    await world.slack.click({ user: 'U0BOB', message, action: 'Deny…' });
    const view = await opened('U0BOB');
    expect(world.acts.acts).toEqual([]);
    const blank = await world.slack.submit(view, { sallyport_reason_block: '  \n ' });
    expect(blank.payload).toMatchObject({ response_action: 'errors' });
    await world.slack.submit(view, { sallyport_reason_block: 'not on a Friday' });
    expect(await world.answered('U0BOB')).toBe('You denied prod/exec-web-0.');
    expect(world.acts.acts).toMatchObject([{ decision: 'Deny', reason: 'not on a Friday' }]);
  });

  test('on Revoke of an approved request asks for a reason, too', async () => {
    const message = await world.post(APPROVED);
    await world.slack.click({ user: 'U0BOB', message, action: 'Revoke…' });
    await world.slack.submit(await opened('U0BOB'), { sallyport_reason_block: 'too late' });
    expect(await world.answered('U0BOB')).toContain('You revoked');
    expect(world.acts.acts).toMatchObject([{ decision: 'Revoke', reason: 'too late' }]);
  });

  test('on Break glass in the message of the requester asks for a reason; on Withdraw it asks for none', async () => {
    const message = await world.post(BREAKABLE, '@requester');
    await world.slack.click({ user: 'U0ALICE', message, action: 'Break glass…' });
    await world.slack.submit(await opened('U0ALICE'), { sallyport_reason_block: 'the site is down' });
    expect(await world.answered('U0ALICE')).toContain('You broke the glass for prod/exec-web-0');
    await world.slack.click({ user: 'U0ALICE', message, action: 'Withdraw' });
    expect(await world.answered('U0ALICE', 1)).toContain('You withdrew');
    expect(world.acts.acts).toMatchObject([
      { decision: 'BreakGlass', reason: 'the site is down', onBehalfOf: { id: 'T0EXAMPLE/U0ALICE' } },
      { decision: 'Cancel' },
    ]);
  });

  test('on Mark as reviewed of a use without approval asks what was found', async () => {
    const message = await world.post(BROKEN);
    await world.slack.click({ user: 'U0BOB', message, action: 'Mark as reviewed…' });
    await world.slack.submit(await opened('U0BOB'), { sallyport_reason_block: 'it was right' });
    await world.answered('U0BOB');
    expect(world.acts.acts).toMatchObject([{ decision: 'Acknowledge', reason: 'it was right' }]);
  });

  test('on Details shows all of it in a form without a button', async () => {
    const message = await world.post({ spec: { reason: 'INC-42' } });
    await world.slack.click({ user: 'U0BOB', message, action: 'Details' });
    const { view } = await opened('U0BOB');
    expect(visibleText(view.blocks)).toContain('INC-42');
    expect(view.submit).toBeUndefined();
    expect(world.acts.acts).toEqual([]);
  });

  test('that does not count is answered with why', async () => {
    world.acts.answer = { kind: 'Refused', code: 'NotListed', message: 'bob is no approver of <prod-shells>' };
    await world.slack.click({ user: 'U0BOB', message: await world.post(), action: 'Approve' });
    expect(await world.answered('U0BOB')).toBe('This did not count: bob is no approver of <prod-shells>');
  });

  test('that nobody could cast says so, and the next one is another', async () => {
    world.acts.answer = { kind: 'Unavailable', message: 'the webhook is away' };
    const message = await world.post();
    await world.slack.click({ user: 'U0BOB', message, action: 'Approve' });
    expect(await world.answered('U0BOB')).toContain('Press the button again');
    world.acts.answer = { kind: 'Cast' };
    await world.slack.click({ user: 'U0BOB', message, action: 'Approve' });
    expect(await world.answered('U0BOB', 1)).toContain('You approved');
  });

  describe('is applied once [F23]', () => {
    test('however often it is delivered', async () => {
      const message = await world.post();
      const payload = world.slack.payload({ user: 'U0BOB', message, action: 'Approve' });
      const answers = await Promise.all([world.slack.deliver(payload), world.slack.deliver(payload, 1)]);
      expect(answers.every(({ acked, status }) => acked || status === 401)).toBe(true);
      await world.slack.deliver(payload, 2);
      await world.answered('U0BOB');
      expect(world.acts.acts).toHaveLength(1);
    });

    test('and so is a form', async () => {
      const message = await world.post();
      await world.slack.click({ user: 'U0BOB', message, action: 'Deny…' });
      const view = await opened('U0BOB');
      await world.slack.submit(view, { sallyport_reason_block: 'no' });
      await world.slack.submit(view, { sallyport_reason_block: 'no' }, 1);
      await world.answered('U0BOB');
      expect(world.acts.acts).toHaveLength(1);
    });

    test('also when the form comes back after the request changed: it names what was shown', async () => {
      const message = await world.post();
      await world.slack.click({ user: 'U0BOB', message, action: 'Deny…' });
      const view = await opened('U0BOB');
      const before = world.requests.get('prod/exec-web-0');
      if (before === undefined) throw new Error('no request');
      world.requests.set('prod/exec-web-0', {
        ...before,
        spec: { ...before.spec, digest: `sha256:${'0'.repeat(64)}` },
      });
      await world.slack.submit(view, { sallyport_reason_block: 'no' });
      await world.answered('U0BOB');
      expect(world.acts.acts).toMatchObject([{ request: { digest: before.spec.digest } }]);
    });
  });

  const strangers: readonly (readonly [string, Partial<User>, string])[] = [
    ['a deactivated user', { deleted: true }, 'deactivated'],
    ['a bot', { is_bot: true }, 'bots'],
    ['a guest', { is_restricted: true }, 'guests'],
    ['a guest of one channel', { is_ultra_restricted: true }, 'guests'],
    [
      'a user of another workspace (Slack Connect)',
      { team_id: 'T0OTHER', is_stranger: true },
      'only members of the workspaces',
    ],
    ['a stranger who says this workspace', { is_stranger: true }, 'only members of the workspaces'],
  ];
  test.each(strangers)('of %s is refused, and they hear why', async (sentence, parts, why) => {
    const id = `U0${sentence.replaceAll(/\W/g, '').toUpperCase().slice(0, 20)}`;
    addUser(world.slack.workspace, { id, name: 'stranger', ...parts });
    const message = await world.post();
    for (const action of ['Approve', 'Deny…', 'Details']) {
      const before = world.slack.ephemerals(id).length;
      await world.slack.click({ user: id, message, action });
      expect(await world.answered(id, before)).toContain(why);
    }
    expect(world.acts.acts).toEqual([]);
    expect(world.slack.viewOf(id)).toBeUndefined();
  });

  test('of a member of a pinned enterprise counts', async () => {
    addUser(world.slack.workspace, {
      id: 'U0GRID',
      name: 'grid',
      team_id: 'T0SECOND',
      enterprise_user: { enterprise_id: 'E0GRID' },
    });
    await world.slack.click({ user: 'U0GRID', message: await world.post(), action: 'Approve' });
    expect(await world.answered('U0GRID')).toContain('You approved');
    expect(world.acts.acts).toMatchObject([{ onBehalfOf: { id: 'T0SECOND/U0GRID' } }]);
  });

  test('of somebody whom Slack cannot tell about is refused: it fails closed', async () => {
    addUser(world.slack.workspace, { id: 'U0UNKNOWN', name: 'unknown' });
    world.slack.api.faults.set('users.info', { kind: 'Status', status: 500 });
    await world.slack.click({ user: 'U0UNKNOWN', message: await world.post(), action: 'Approve' });
    expect(await world.answered('U0UNKNOWN')).toContain('could not be done now');
    expect(world.acts.acts).toEqual([]);
  });

  test('in another channel than where the request was shown is refused', async () => {
    addChannel(world.slack.workspace, 'C0ELSEWHERE', 'elsewhere');
    const message = await world.post();
    const moved = { ...message, channel: 'C0ELSEWHERE' };
    await world.slack.click({ user: 'U0BOB', message: moved, action: 'Approve' });
    expect(await world.answered('U0BOB')).toContain('did not show the request here');
    expect(world.acts.acts).toEqual([]);
  });

  test('that is ahead of the record of where the message stands waits for it', async () => {
    const message = await world.post();
    const recorded = world.requests.get('prod/exec-web-0');
    if (recorded === undefined) throw new Error('no request');
    world.requests.set('prod/exec-web-0', { ...recorded, status: { ...recorded.status, notifications: [] } });
    await world.slack.click({ user: 'U0BOB', message, action: 'Approve' });
    world.requests.set('prod/exec-web-0', recorded);
    expect(await world.answered('U0BOB')).toContain('You approved');
  });

  test('on a request that was deleted and made again is refused', async () => {
    const message = await world.post();
    const before = world.requests.get('prod/exec-web-0');
    if (before === undefined) throw new Error('no request');
    world.requests.set('prod/exec-web-0', { ...before, metadata: { ...before.metadata, uid: 'another' } });
    await world.slack.click({ user: 'U0BOB', message, action: 'Approve' });
    expect(await world.answered('U0BOB')).toContain('the request is gone');
    expect(world.acts.acts).toEqual([]);
  });

  const forged: readonly (readonly [string, string])[] = [
    ['nothing', ''],
    ['another field', JSON.stringify({ ns: 'prod', n: 'x', u: 'u', d: `sha256:${'0'.repeat(64)}`, admin: true })],
    ['a digest that is none', JSON.stringify({ ns: 'prod', n: 'x', u: 'u', d: 'sha256:*' })],
    ['a prototype', '{"__proto__":{"ns":"prod"}}'],
    ['a list', '[]'],
  ];
  test.each(forged)('whose button holds %s does nothing', async (_, value) => {
    const message = await world.post();
    const change = (payload: Record<string, unknown>) => ({
      ...payload,
      actions: (payload.actions as object[]).map((action) => ({ ...action, value })),
    });
    await world.slack.click({ user: 'U0BOB', message, action: 'Approve', change });
    expect(await world.answered('U0BOB')).toContain('none of Sallyport');
    expect(world.acts.acts).toEqual([]);
  });

  describe('of somebody in a user group', () => {
    const LISTED: Parts = {
      spec: {
        policies: [policyTerms({ stages: [stage('oncall', 1, [{ kind: 'SlackUserGroup', name: 'sre-oncall' }])] })],
      },
    };
    beforeAll(() => {
      world.slack.workspace.groups.push(
        { id: 'S0ONCALL', handle: 'sre-oncall', users: ['U0BOB'] },
        { id: 'S0OTHERS', handle: 'others', users: ['U0BOB'] },
      );
    });

    test('goes without the group where Slack does not say', async () => {
      world.slack.api.faults.set('usergroups.list', { kind: 'Status', status: 500 });
      await world.slack.click({ user: 'U0BOB', message: await world.post(LISTED), action: 'Approve' });
      await world.answered('U0BOB');
      expect(world.acts.acts[0]?.onBehalfOf).toEqual({ kind: 'Slack', id: 'T0EXAMPLE/U0BOB' });
    });

    test('carries the group that a stage lists, and no other [R22]', async () => {
      await world.slack.click({ user: 'U0BOB', message: await world.post(LISTED), action: 'Approve' });
      await world.answered('U0BOB');
      expect(world.acts.acts[0]?.onBehalfOf).toMatchObject({ slackGroups: ['sre-oncall'] });
    });

    test('asks nothing of Slack where no stage lists one', async () => {
      const asked = () => world.slack.api.calls.filter(({ method }) => method.startsWith('usergroups')).length;
      const before = asked();
      await world.slack.click({ user: 'U0BOB', message: await world.post(), action: 'Approve' });
      await world.answered('U0BOB');
      expect(asked()).toBe(before);
    });
  });

  test('calls no address that its payload names (SSRF), and is counted', async () => {
    const before = world.slack.api.calls.length;
    const change = (payload: Record<string, unknown>) => ({
      ...payload,
      response_url: `${world.slack.apiUrl}ssrf`,
      response_urls: [{ response_url: `${world.slack.apiUrl}ssrf` }],
    });
    await world.slack.click({ user: 'U0BOB', message: await world.post(), action: 'Approve', change });
    await world.answered('U0BOB');
    expect(world.slack.api.calls.slice(before).map(({ method }) => method)).not.toContain('ssrf');
    expect((await world.metrics.render()).text).toMatch(/sallyport_slack_clicks_total\{result="Cast"\} [1-9]/);
  });

  test('whose answer Slack delays is answered later', async () => {
    world.slack.api.faults.set('chat.postEphemeral', { kind: 'RateLimited', retryAfterSeconds: 1 });
    await world.slack.click({ user: 'U0BOB', message: await world.post(), action: 'Approve' });
    await eventually(() => world.acts.acts.length === 1, 'the vote');
    world.slack.api.faults.clear();
    expect(await world.answered('U0BOB')).toContain('You approved');
  });
});
