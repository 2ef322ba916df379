import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { PolicySpec } from '../../src/core/api/kinds.ts';
import { RESERVATION_MS } from '../../src/core/approval/approval-state.ts';
import { verifies } from '../harness/verifies.ts';
import { deployment, deploymentRule } from './harness/deployment.ts';
import { apply, json, kubectl, mustApply, sallyport } from './harness/kubectl.ts';
import { execAction, expectAccepted, expectRefused, written } from './harness/own-kinds.ts';
import {
  EXEC_RULE,
  approve,
  denialCode,
  deniedRequest,
  exec,
  request,
  requests,
  scene,
  type Scene,
  waitForState,
} from './harness/scene.ts';

/** Everything takes seconds on a cluster that others share: tests that wait for a window have time for more than one. */
const LONG = { timeout: 180_000 };

function windowScene(prefix: string, grant: NonNullable<PolicySpec['grant']>): Promise<Scene> {
  return scene(prefix, [EXEC_RULE], (spec) => ({ ...spec, grant: { type: 'Window', ...grant } }));
}

/** alice asks for the command, and bob approves. */
async function approved(namespace: string, command: string): Promise<{ namespace: string; name: string }> {
  const asked = deniedRequest(await exec('alice', namespace, 'echo', command));
  await approve('bob', asked);
  return asked;
}

describe('a window', () => {
  test.concurrent(
    `${verifies('R2', 'R40', 'README-window')}holds for ten commands of plain kubectl, some at once, and not after its end`,
    LONG,
    async () => {
      const { namespace } = await windowScene('window', { window: '40s', maxUses: 20 });
      const { name } = await approved(namespace, 'hello');
      for (let round = 0; round < 2; round += 1) {
        const results = await Promise.all(Array.from({ length: 5 }, () => exec('alice', namespace, 'echo', 'hello')));
        expect(results.map(({ stdout }) => stdout)).toEqual(Array.from({ length: 5 }, () => 'hello\n'));
      }
      const open = await request(namespace, name);
      expect(open.status).toMatchObject({ state: 'Approved' });
      expect(open.status?.uses).toHaveLength(10);
      expect((await sallyport('bob', ['show', '-n', namespace, name])).stdout).toContain('used 10/20, until ');
      expect((await sallyport('bob', ['list', '-n', namespace])).stdout).toContain('Approved, used 10/20');
      expect(denialCode(await exec('alice', namespace, 'echo', 'other'))).toBe('ApprovalRequired');
      expect(denialCode(await exec('carol', namespace, 'echo', 'hello'))).not.toBeUndefined();

      const [condition] = open.status?.conditions ?? [];
      const end = Date.parse(condition?.lastTransitionTime ?? '') + 40_000;
      expect(Date.parse(open.status?.expiresAt ?? '')).toBe(end);
      await delay(Math.max(0, end - Date.now()) + 200);
      expect(denialCode(await exec('alice', namespace, 'echo', 'hello'))).toBe('Expired');
      const ended = await waitForState(namespace, name, 'Expired');
      expect(ended.status?.conditions?.find(({ type }) => type === 'Expired')?.reason).toBe('WindowOver');
      expect(ended.status?.uses).toHaveLength(10);
    },
  );

  test.concurrent(`${verifies('R24')}that an approver takes back is refused at once`, LONG, async () => {
    const { namespace } = await windowScene('taken-back', { window: '1h' });
    const { name } = await approved(namespace, 'hello');
    expect((await exec('alice', namespace, 'echo', 'hello')).stdout).toBe('hello\n');
    expect((await sallyport('bob', ['revoke', '-n', namespace, name, '-r', 'enough'])).code).toBe(0);
    const refused = await exec('alice', namespace, 'echo', 'hello');
    expect(refused.code).not.toBe(0);
    expect(refused.stdout).toBe('');
    await waitForState(namespace, name, 'Revoked');
    expect(denialCode(await exec('alice', namespace, 'echo', 'hello'))).toBe('Revoked');
  });

  test.concurrent(`${verifies('R41')}of two uses has no third, which asks anew`, LONG, async () => {
    const { namespace } = await windowScene('two-uses', { window: '1h', maxUses: 2 });
    const { name } = await approved(namespace, 'hello');
    const results = await Promise.all(Array.from({ length: 3 }, () => exec('alice', namespace, 'echo', 'hello')));
    expect(results.filter(({ code }) => code === 0)).toHaveLength(2);
    expect(results.filter(({ code }) => code !== 0).map(denialCode)).toEqual(['AlreadyUsed']);
    const used = await waitForState(namespace, name, 'Consumed');
    expect(used.status?.conditions?.find(({ type }) => type === 'Consumed')?.reason).toBe('MaxUsesReached');
    await delay(RESERVATION_MS + 500);
    expect(deniedRequest(await exec('alice', namespace, 'echo', 'hello')).name).not.toBe(name);
    expect(await requests(namespace)).toHaveLength(2);
  });

  test.concurrent(`${verifies('R12')}is shortened by the duration of a request written by hand`, LONG, async () => {
    const { namespace } = await windowScene('shorter', { window: '1h' });
    const action = execAction(namespace, 'echo', 'hello');
    expectRefused(await apply('alice', written(namespace, 'no', action, { duration: 'a while' })), /is not a duration/);
    expectAccepted(await apply('alice', written(namespace, 'short', action, { duration: '20s' })));
    await approve('bob', { namespace, name: 'short' });
    const { status } = await request(namespace, 'short');
    const [condition] = status?.conditions ?? [];
    expect(Date.parse(status?.expiresAt ?? '') - Date.parse(condition?.lastTransitionTime ?? '')).toBe(20_000);
    expect((await exec('alice', namespace, 'echo', 'hello')).stdout).toBe('hello\n');
    await delay(Math.max(0, Date.parse(condition?.lastTransitionTime ?? '') + 20_000 - Date.now()));
    await waitForState(namespace, 'short', 'Expired');
    expect(denialCode(await exec('alice', namespace, 'echo', 'hello'))).toBe('Expired');
  });
});

describe('an ignored path', () => {
  const RESTARTED_AT = '/spec/template/metadata/annotations/kubectl.kubernetes.io~1restartedAt';

  test.concurrent(
    `${verifies('R11')}lets one approval hold for every kubectl rollout restart, and for nothing else`,
    LONG,
    async () => {
      const grant: PolicySpec['grant'] = { type: 'Window', window: '1h', ignorePaths: [RESTARTED_AT] };
      const { namespace } = await scene('restart', [deploymentRule(['UPDATE'])], (spec) => ({ ...spec, grant }));
      await mustApply('admin', deployment(namespace));
      const restart = () => kubectl('alice', ['rollout', 'restart', '-n', namespace, 'deployment/shop']);
      const first = await restart();
      const { name } = deniedRequest(first);
      const asked = await request(namespace, name);
      expect(asked.spec.action.changes).toEqual([{ path: RESTARTED_AT }]);
      const shown = await sallyport('bob', ['show', '-n', namespace, name]);
      expect(shown.stdout).toContain(`${RESTARTED_AT}: any value`);
      expect(shown.stdout).toContain('it is that of what is shown above');
      await approve('bob', { namespace, name });

      expectAccepted(await restart());
      // kubectl restarts once a second at most. Another time is another use, however soon.
      await delay(1_100);
      expectAccepted(await restart());
      const used = await request(namespace, name);
      expect(used.status?.state).toBe('Approved');
      expect(used.status?.uses).toHaveLength(2);
      expect(await requests(namespace)).toHaveLength(1);

      const other = await kubectl('alice', ['set', 'env', '-n', namespace, 'deployment/shop', 'A=B']);
      expect(deniedRequest(other).name).not.toBe(name);
    },
  );

  test.concurrent(`${verifies('R12')}is left open by a request written by hand, too`, LONG, async () => {
    const grant: PolicySpec['grant'] = { ignorePaths: [RESTARTED_AT] };
    const { namespace } = await scene('restart-by-hand', [deploymentRule(['UPDATE'])], (spec) => ({ ...spec, grant }));
    await mustApply('admin', deployment(namespace));
    const { metadata } = await json<{ metadata: { uid: string } }>('admin', [
      'get',
      '-n',
      namespace,
      'deployment/shop',
    ]);
    const action = {
      operation: 'UPDATE',
      group: 'apps',
      version: 'v1',
      resource: 'deployments',
      namespace,
      name: 'shop',
      targetUID: metadata.uid,
    } as const;
    const open = (path: string) => written(namespace, 'restart', { ...action, changes: [{ path }] });
    expectRefused(await apply('alice', open('/spec/replicas')), /\/spec\/replicas has no value/);
    expectAccepted(await apply('alice', open(RESTARTED_AT)));
    await approve('bob', { namespace, name: 'restart' });
    expectAccepted(await kubectl('alice', ['rollout', 'restart', '-n', namespace, 'deployment/shop']));
    await waitForState(namespace, 'restart', 'Consumed');
  });
});
