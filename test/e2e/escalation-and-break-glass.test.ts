import { beforeAll, describe, expect, test } from 'vitest';
import type { PolicySpec } from '../../src/core/api/kinds.ts';
import { verifies } from '../harness/verifies.ts';
import { apply, json, mustApply, sallyport } from './harness/kubectl.ts';
import { ask, cast, execAction, expectAccepted, expectRefused, written } from './harness/own-kinds.ts';
import { achieves } from '../harness/achieves.ts';
import { approve, deniedRequest, exec, request, scene, waitForState } from './harness/scene.ts';

type Change = (spec: PolicySpec) => PolicySpec;

const approval =
  (more: object): Change =>
  (spec) => ({ ...spec, approval: { ...spec.approval, ...more } });
const stages = (more: object): Change =>
  approval({ stages: [{ name: 'sre', required: 1, approvers: [{ kind: 'Group', name: 'sre' }], ...more }] });

/** After four seconds nadmin may approve too. */
let escalating = '';
/** Nothing is approved without the number of an incident. */
let reasoned = '';
/** Group developers may go ahead without approval. */
let glass = '';

beforeAll(async () => {
  const scenes = await Promise.all([
    scene('escalating', undefined, stages({ escalateAfter: '4s', escalateTo: [{ kind: 'User', name: 'nadmin' }] })),
    scene('reasoned', undefined, approval({ reasonPattern: 'INC-[0-9]+' })),
    scene('glass', undefined, (spec) => ({
      ...spec,
      breakGlass: { subjects: [{ kind: 'Group', name: 'developers' }], maxWindow: '10s' },
    })),
  ]);
  [escalating, reasoned, glass] = scenes.map(({ namespace }) => namespace) as [string, string, string];
  await mustApply('admin', ...[escalating, glass].map(votesFor));
});

/** nadmin may vote in the namespace, as far as RBAC goes. */
function votesFor(namespace: string): object {
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: { name: 'nadmin', namespace },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'sallyport-approver' },
    subjects: [{ kind: 'User', name: 'nadmin', apiGroup: 'rbac.authorization.k8s.io' }],
  };
}

/** The reasons of the Events on a request, and their types. */
async function eventsOn(namespace: string, name: string): Promise<string[]> {
  const { items } = await json<{ items: { type: string; reason: string; regarding?: { name?: string } }[] }>('admin', [
    'get',
    'events.events.k8s.io',
    '-n',
    namespace,
  ]);
  return items.filter(({ regarding }) => regarding?.name === name).map(({ type, reason }) => `${type} ${reason}`);
}

async function eventOn(namespace: string, name: string, event: string): Promise<void> {
  await achieves(`the Event ${event} on ${namespace}/${name}`, async () => {
    const found = await eventsOn(namespace, name);
    if (!found.includes(event)) throw new Error(found.join(', '));
  });
}

describe('escalation', () => {
  test(`${verifies('R21', 'R24', 'README-escalation')}those of escalateTo may approve from their moment on, and not before`, async () => {
    const asked = await ask(escalating, 'echo', 'escalated');
    const name = asked.metadata.name ?? '';
    expectRefused(
      await cast('nadmin', asked, 'Approve'),
      /the stage that lists nadmin is not open to them now \[sallyport code=StageNotOpen/,
    );
    await achieves(`${name} to escalate`, async () => {
      const { status } = await request(escalating, name);
      expect(status?.conditions?.find(({ type }) => type === 'Escalated')?.message).toBe(
        `stage sre of policy ${escalating} was not approved in time; nadmin may approve too`,
      );
    });
    const { status, metadata } = await request(escalating, name);
    const [stage] = status?.stages ?? [];
    expect(stage?.openedAt).toBe(metadata.creationTimestamp);
    expect(Date.parse(stage?.escalatedAt ?? '') - Date.parse(stage?.openedAt ?? '')).toBe(4_000);
    await eventOn(escalating, name, 'Normal Escalated');
    expect((await exec('alice', escalating, 'echo', 'escalated')).stderr).toContain('needs 1 of group sre or nadmin');
    expect((await sallyport('bob', ['show', '-n', escalating, name])).stdout).toContain(
      'Missing: 1 of group sre or nadmin',
    );
    expect((await sallyport('bob', ['list', '-n', escalating, '-o', 'wide'])).stdout).toContain(
      '1 of group sre or nadmin',
    );

    expectAccepted(await cast('nadmin', asked, 'Approve'));
    await waitForState(escalating, name, 'Approved');
    expect((await exec('alice', escalating, 'echo', 'escalated')).stdout).toBe('escalated\n');
  });
});

describe('a reason', () => {
  test(`${verifies('R24', 'R12', 'README-reason')}that the policy asks for comes before any approval`, async () => {
    const denied = await exec('alice', reasoned, 'echo', 'reasoned');
    const { name } = deniedRequest(denied);
    expect(denied.stderr).toContain(`give a reason first: kubectl sallyport reason ${reasoned}/${name} "…"`);
    const asked = await request(reasoned, name);
    expectRefused(
      await cast('bob', asked, 'Approve'),
      /a reason is required that matches INC-\[0-9\]\+; its requester gives one .* \[sallyport code=ReasonRequired/,
    );
    expectRefused(
      await sallyport('alice', ['reason', `${reasoned}/${name}`, 'because']),
      /the reason does not match INC-\[0-9\]\+/,
    );
    expectRefused(
      await sallyport('bob', ['reason', `${reasoned}/${name}`, 'INC-1']),
      /only its requester may give the reason|cannot (patch|update) resource/,
    );
    expect((await sallyport('alice', ['reason', `${reasoned}/${name}`, 'see INC-7'])).code).toBe(0);
    expectRefused(await sallyport('alice', ['reason', `${reasoned}/${name}`, 'INC-8']), /may be filled in once/);
    expect((await exec('alice', reasoned, 'echo', 'reasoned')).stderr).not.toContain('give a reason');
    await approve('bob', { namespace: reasoned, name });
    expect((await exec('alice', reasoned, 'echo', 'reasoned')).stdout).toBe('reasoned\n');
  });

  test(`${verifies('R12')}is in a request that is written by hand from the start`, async () => {
    const action = execAction(reasoned, 'echo', 'written');
    expectRefused(
      await apply('alice', written(reasoned, 'none', action)),
      /a reason is required that matches INC-\[0-9\]\+; write it in spec\.reason/,
    );
    expectRefused(
      await apply('alice', written(reasoned, 'other', action, { reason: 'because' })),
      /the reason does not match INC-\[0-9\]\+/,
    );
    expectAccepted(await apply('alice', written(reasoned, 'good', action, { reason: 'INC-9' })));
    await approve('bob', { namespace: reasoned, name: 'good' });
  });
});

describe('break-glass', () => {
  test(`${verifies('R24', 'R30', 'README-break-glass')}the requester goes ahead without approval, loudly, and somebody else acknowledges it`, async () => {
    const asked = await ask(glass, 'echo', 'broken');
    const key = `${glass}/${asked.metadata.name ?? ''}`;
    expectRefused(await sallyport('alice', ['break-glass', key]), /required option '-r, --reason/);
    expectRefused(
      await cast('alice', asked, 'BreakGlass'),
      /breaking the glass needs a reason \[sallyport code=ReasonRequired/,
    );
    expectRefused(
      await sallyport('bob', ['break-glass', key, '--reason', 'x']),
      /only its requester may break the glass \[sallyport code=NotTheRequester/,
    );
    expectRefused(await sallyport('bob', ['acknowledge', key]), /only a break-glass use is acknowledged/);
    const broken = await sallyport('alice', ['break-glass', key, '--reason', 'the site is down']);
    expect(broken.stdout).toContain('is Approved (break-glass)');
    expect((await exec('alice', glass, 'echo', 'broken')).stdout).toBe('broken\n');
    const { status } = await waitForState(glass, asked.metadata.name ?? '', 'Consumed');
    expect(status?.conditions?.find(({ type }) => type === 'BreakGlass')).toMatchObject({
      status: 'True',
      message: `alice broke the glass of ${glass}: the site is down`,
    });
    await eventOn(glass, asked.metadata.name ?? '', 'Warning BreakGlass');

    expect((await sallyport('bob', ['list', '-n', glass, '--unacknowledged'])).stdout).toContain(asked.metadata.name);
    expect((await sallyport('bob', ['show', key])).stdout).toContain('not acknowledged yet');
    expectRefused(await sallyport('alice', ['acknowledge', key]), /nobody acknowledges their own break-glass use/);
    expectRefused(await sallyport('nadmin', ['acknowledge', key]), /no stage lists nadmin/);
    expect((await sallyport('bob', ['acknowledge', key, '-r', 'seen'])).code).toBe(0);
    const after = await request(glass, asked.metadata.name ?? '');
    expect(after.status?.state).toBe('Consumed');
    expect(after.status?.conditions?.find(({ type }) => type === 'Acknowledged')?.message).toBe(
      'acknowledged by bob: seen',
    );
    expect((await sallyport('bob', ['list', '-n', glass, '--unacknowledged'])).stdout).toBe('');
  });

  test(`${verifies('R24')}a denied request cannot be broken, nor one whose policy does not say so`, async () => {
    const denied = await ask(glass, 'echo', 'denied');
    expectAccepted(await cast('bob', denied, 'Deny'));
    await waitForState(glass, denied.metadata.name ?? '', 'Denied');
    expectRefused(await cast('alice', denied, 'BreakGlass'), /the request is Denied already/);
    const firm = await ask(escalating, 'echo', 'firm');
    expectRefused(
      await sallyport('alice', ['break-glass', `${escalating}/${firm.metadata.name ?? ''}`, '--reason', 'x']),
      /no policy lets alice break the glass/,
    );
  });
});
