import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { Action, PolicySpec } from '../../src/core/api/kinds.ts';
import { RESERVATION_MS } from '../../src/core/approval/approval-state.ts';
import { verifies } from '../harness/verifies.ts';
import { deployment, deploymentRule } from './harness/deployment.ts';
import { apply, kubectl, must, mustApply, sallyport, type User } from './harness/kubectl.ts';
import { execAction, expectAccepted, expectRefused, written } from './harness/own-kinds.ts';
import {
  EXEC_RULE,
  addPod,
  approve,
  denialCode,
  deniedRequest,
  exec,
  request,
  requests,
  scene,
  waitForState,
} from './harness/scene.ts';

const LONG = { timeout: 180_000 };

/** A window of scopes of one word. */
async function scopeScene(prefix: string, grant: NonNullable<PolicySpec['grant']> = {}): Promise<string> {
  const all = { type: 'Window', window: '1h', binding: 'Scope', commandPrefix: 1, ...grant } as const;
  const { namespace } = await scene(prefix, [EXEC_RULE], (spec) => ({ ...spec, grant: all }));
  return namespace;
}

function execWith(user: User, namespace: string, options: readonly string[], ...command: readonly string[]) {
  return kubectl(user, ['exec', '-n', namespace, ...options, '--', ...command], { stdin: 'echo typed\n' });
}

/** alice asks for the command, and bob approves what it asks for. */
async function approved(namespace: string, ...command: readonly string[]) {
  const asked = deniedRequest(await exec('alice', namespace, ...command));
  await approve('bob', asked);
  return asked;
}

describe('a scope', () => {
  test.concurrent(
    `${verifies('R2', 'R40', 'README-scope')}holds for every command that begins with its words, as its approver is shown, and for nothing else`,
    LONG,
    async () => {
      const namespace = await scopeScene('scope', { maxUses: 4 });
      await addPod(namespace, 'two', ['app', 'side']);
      const asked = await exec('alice', namespace, 'echo', 'one');
      expect(asked.stderr.replaceAll(/\s+/g, ' ')).toContain('is pending (for any exec beginning with: echo);');
      const { name } = deniedRequest(asked);
      const shown = await sallyport('bob', ['show', '-n', namespace, name]);
      expect(shown.stdout).toContain(
        'not one action, but any command that begins with these words, in this container of any pod of this name',
      );
      expect(shown.stdout).toContain('it is that of what is shown above');
      expect(shown.stdout).toContain('You cannot see all that this allows: scope: ');
      await approve('bob', { namespace, name });

      expect((await exec('alice', namespace, 'echo', 'one')).stdout).toBe('one\n');
      expect((await exec('alice', namespace, 'echo', 'two', 'three')).stdout).toBe('two three\n');

      const others = await Promise.all([
        exec('alice', namespace, 'cat', '/etc/hostname'),
        exec('alice', namespace, 'echo one'),
        exec('alice', namespace, 'sh', '-c', 'echo one'),
        execWith('alice', namespace, ['-i', 'web-0'], 'echo', 'one'),
        execWith('alice', namespace, ['two', '-c', 'side'], 'echo', 'one'),
        exec('carol', namespace, 'echo', 'one'),
        kubectl('alice', ['attach', '-n', namespace, 'web-0']),
      ]);
      expect(others.map(denialCode)).toEqual(others.map(() => 'ApprovalRequired'));
      for (const other of others) expect(deniedRequest(other).name).not.toBe(name);

      // It is of the name: a pod that takes the place of this one is covered too.
      await must('admin', ['delete', 'pod', 'web-0', '-n', namespace, '--now']);
      await addPod(namespace, 'web-0');
      expect((await exec('alice', namespace, 'echo', 'four')).stdout).toBe('four\n');

      expect((await exec('alice', namespace, 'echo', 'five')).stdout).toBe('five\n');
      expect(denialCode(await exec('alice', namespace, 'echo', 'six'))).toBe('AlreadyUsed');
      const { status } = await waitForState(namespace, name, 'Consumed');
      expect(status?.uses).toHaveLength(4);
      expect(status?.uses?.map(({ summary }) => summary)).toEqual([
        'exec echo one',
        'exec echo two three',
        'exec echo four',
        'exec echo five',
      ]);
      expect(new Set(status?.uses?.map(({ digest }) => digest)).size).toBe(4);
      await delay(RESERVATION_MS + 500);
      expect(deniedRequest(await exec('alice', namespace, 'echo', 'six')).name).not.toBe(name);
    },
  );

  test.concurrent(`${verifies('R24')}that is taken back is refused at once`, LONG, async () => {
    const namespace = await scopeScene('scope-revoked');
    const { name } = await approved(namespace, 'echo', 'one');
    expect((await exec('alice', namespace, 'echo', 'two')).stdout).toBe('two\n');
    expect((await sallyport('bob', ['revoke', '-n', namespace, name, '-r', 'enough'])).code).toBe(0);
    const refused = await exec('alice', namespace, 'echo', 'three');
    expect(refused.code).not.toBe(0);
    expect(refused.stdout).toBe('');
    await waitForState(namespace, name, 'Revoked');
    expect(denialCode(await exec('alice', namespace, 'echo', 'four'))).toBe('Revoked');
  });

  test.concurrent(`${verifies('R14')}ends with its window`, LONG, async () => {
    const namespace = await scopeScene('scope-over', { window: '20s' });
    const { name } = await approved(namespace, 'echo', 'one');
    expect((await exec('alice', namespace, 'echo', 'two')).stdout).toBe('two\n');
    const { status } = await request(namespace, name);
    await delay(Math.max(0, Date.parse(status?.expiresAt ?? '') - Date.now()) + 200);
    expect(denialCode(await exec('alice', namespace, 'echo', 'three'))).toBe('Expired');
    await waitForState(namespace, name, 'Expired');
    expect(denialCode(await exec('alice', namespace, 'echo', 'three'))).toBe('Expired');
  });

  test.concurrent('covers shells only where its policy says so', LONG, async () => {
    const namespace = await scopeScene('scope-shells', { allowInteractive: true });
    await approved(namespace, 'echo', 'one');
    const shell = await execWith('alice', namespace, ['-i', 'web-0'], 'sh');
    const { name } = deniedRequest(shell);
    expect((await request(namespace, name)).spec.action).toMatchObject({ binding: 'Scope', interactive: true });
    await approve('bob', { namespace, name });
    expect((await execWith('alice', namespace, ['-i', 'web-0'], 'sh')).stdout).toBe('typed\n');
    expect((await exec('alice', namespace, 'sh', '-c', 'echo other')).stdout).toBe('other\n');
    expect(denialCode(await execWith('alice', namespace, ['-i', 'web-0'], 'echo', 'one'))).toBe('ApprovalRequired');
  });

  test.concurrent(`${verifies('R30')}is revoked when the grant of its policy changes`, LONG, async () => {
    const namespace = await scopeScene('scope-terms');
    const { name } = await approved(namespace, 'echo', 'one');
    const patch = { spec: { grant: { allowInteractive: true } } };
    await must('admin', ['patch', 'approvalpolicy', namespace, '--type=merge', '-p', JSON.stringify(patch)]);
    await waitForState(namespace, name, 'Revoked');
    expect(denialCode(await exec('alice', namespace, 'echo', 'two'))).toBeDefined();
  });

  test.concurrent(
    `${verifies('R12')}is asked for by hand, of fewer words and no fewer than its policy's`,
    LONG,
    async () => {
      const namespace = await scopeScene('scope-by-hand', { commandPrefix: 2 });
      const scope = (...command: string[]): Action => ({
        binding: 'Scope',
        ...execAction(namespace, ...command),
      });
      expectRefused(
        await apply('alice', written(namespace, 'short', scope('echo'))),
        /binds at least the first 2 words/,
      );
      expectRefused(await apply('alice', written(namespace, 'shell', scope('sh', '-c'))), /sh is a shell/);
      expectAccepted(await apply('alice', written(namespace, 'two', scope('echo', 'a'))));
      await approve('bob', { namespace, name: 'two' });
      expect((await exec('alice', namespace, 'echo', 'a', 'b')).stdout).toBe('a b\n');
      expect(denialCode(await exec('alice', namespace, 'echo', 'b'))).toBe('ApprovalRequired');
    },
  );

  test.concurrent(`${verifies('R40')}of a write holds for any change of that object alone`, LONG, async () => {
    const grant = { type: 'Window', window: '1h', binding: 'Scope' } as const;
    const { namespace } = await scene('scope-write', [deploymentRule(['UPDATE'])], (spec) => ({ ...spec, grant }));
    await mustApply('admin', deployment(namespace));
    const set = (value: string) => kubectl('alice', ['set', 'env', '-n', namespace, 'deployment/shop', `A=${value}`]);
    const { name } = deniedRequest(await set('1'));
    expect((await request(namespace, name)).spec.summary?.action).toBe('any update');
    await approve('bob', { namespace, name });
    expectAccepted(await set('1'));
    expectAccepted(await set('2'));
    expectAccepted(await kubectl('alice', ['rollout', 'restart', '-n', namespace, 'deployment/shop']));
    const used = await request(namespace, name);
    expect(used.status?.uses).toHaveLength(3);
    expect(await requests(namespace)).toHaveLength(1);
  });
});
