import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { parse } from 'yaml';
import type { ApprovalPolicy, ApprovalRequest } from '../../src/core/api/kinds.ts';
import { repositoryRoot } from '../../tools/cluster/profiles.ts';
import { achieves } from '../harness/achieves.ts';
import { verifies } from '../harness/verifies.ts';
import { apply, kubectl, must, mustApply, type Result, sallyport, type User } from './harness/kubectl.ts';
import { create, expectRefused } from './harness/own-kinds.ts';
import { approve, enforce, request, waitForState } from './harness/scene.ts';
import { server } from './harness/server.ts';

const SYSTEM = 'sallyport-system';
const REFUSED = /the gate stands on this object/;
/** Long enough for an upgrade of this test, short enough to see its end. */
const WINDOW_SECONDS = 40;
/** Each asks for themselves: for a minute after its end the same is not asked for again by the same person (R14). */
const REQUESTERS = { window: 'alice', revoked: 'carol', away: 'nadmin' } as const satisfies Record<string, User>;
const name = `fence-opening-${Date.now().toString(36)}`;

const example = async <T>(file: string): Promise<T> =>
  parse(await readFile(join(repositoryRoot(), 'examples', file), 'utf8')) as T;

const fenced = [
  ['the rights of the webhook', ['annotate', 'clusterrole', 'sallyport-webhook', 'upgraded=yes', '--overwrite']],
  [
    'a kind',
    [
      'patch',
      'crd',
      'approvalvotes.sallyport.dev',
      '--type=json',
      '-p',
      '[{"op":"add","path":"/spec/names/categories","value":["all"]}]',
    ],
  ],
] as const;

/** Asks without changing anything; what the fence says of it is the same. */
const dryRun = (user: User, args: readonly string[] = fenced[0][1]): Promise<Result> =>
  kubectl(user, [...args, '--dry-run=server']);

beforeAll(async () => {
  const { spec } = await example<ApprovalPolicy>('fence-opening.yaml');
  await enforce(name, { ...spec, grant: { type: 'Window', window: `${WINDOW_SECONDS}s` } });
  const upgrade = [
    { apiGroups: ['rbac.authorization.k8s.io'], resources: ['clusterroles'], verbs: ['get', 'patch', 'escalate'] },
    { apiGroups: ['apiextensions.k8s.io'], resources: ['customresourcedefinitions'], verbs: ['get', 'patch'] },
    {
      apiGroups: ['admissionregistration.k8s.io'],
      resources: ['validatingwebhookconfigurations'],
      verbs: ['get', 'delete'],
    },
    { apiGroups: [''], resources: ['serviceaccounts/token'], verbs: ['create'] },
    { apiGroups: [''], resources: ['namespaces'], verbs: ['get', 'delete'] },
  ];
  const subjects = Object.values(REQUESTERS).map((user) => ({
    kind: 'User',
    name: user,
    apiGroup: 'rbac.authorization.k8s.io',
  }));
  const apiVersion = 'rbac.authorization.k8s.io/v1';
  const roleRef = (role: string) => ({ apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role });
  await mustApply(
    'admin',
    { apiVersion, kind: 'ClusterRole', metadata: { name }, rules: upgrade },
    { apiVersion, kind: 'ClusterRoleBinding', metadata: { name }, roleRef: roleRef(name), subjects },
    {
      apiVersion,
      kind: 'ClusterRoleBinding',
      metadata: { name: `${name}-ask` },
      roleRef: roleRef('sallyport-upgrader'),
      subjects,
    },
  );
});

afterAll(async () => {
  await must('admin', ['delete', 'approvalpolicy', name]);
  await must('admin', ['delete', 'clusterrolebinding', name, `${name}-ask`]);
  await must('admin', ['delete', 'clusterrole', name]);
});

/** As the page says: `kubectl create -f examples/fence-request.yaml`. The duration of the policy is shorter. */
async function ask(user: User): Promise<{ readonly namespace: string; readonly name: string }> {
  const { spec, ...rest } = await example<ApprovalRequest>('fence-request.yaml');
  const result = await create(user, { ...rest, spec });
  const [, created] = /approvalrequest\.sallyport\.dev\/(\S+) created/.exec(result.stdout) ?? [];
  if (created === undefined) throw new Error(result.stderr);
  return { namespace: SYSTEM, name: created };
}

const reasonsOf = async (about: string): Promise<string> =>
  await must('admin', [
    'get',
    'events',
    '-n',
    SYSTEM,
    '-o',
    `jsonpath={.items[?(@.involvedObject.name=="${about}")].reason}`,
  ]);

/** Milliseconds until it is so. */
async function until(what: string, isSo: () => Promise<void>): Promise<number> {
  const startedAt = performance.now();
  await achieves(what, isSo, 40_000);
  return Math.round(performance.now() - startedAt);
}

const open = (user: User) =>
  until(`the fence to be open for ${user}`, async () => expect((await dryRun(user)).stderr).toBe(''));
const closed = (user: User) =>
  until(`the fence to be closed for ${user}`, async () => expect((await dryRun(user)).stderr).toMatch(REFUSED));

describe('the fence', () => {
  test.concurrent(`${verifies('README-second-person', 'README-fence-opening')}is opened by an approved request, for its requester and for a while; and closes by itself`, {
    timeout: 120_000,
  }, async () => {
    const user = REQUESTERS.window;
    for (const [, args] of fenced) expectRefused(await kubectl(user, args), REFUSED);
    const asked = await ask(user);
    expect((await sallyport(user, ['approve', '-n', asked.namespace, asked.name, '--yes'])).code).not.toBe(0);
    expectRefused(await dryRun(user), REFUSED);
    await approve('bob', asked);
    const opened = await open(user);
    for (const [, args] of fenced) expect((await kubectl(user, args)).stderr).toBe('');
    const standing = await request(asked.namespace, asked.name);
    expect(standing.status?.uses).toHaveLength(1);

    // What they break, the controller puts back.
    const gate = ['validatingwebhookconfiguration', 'sallyport-gate'];
    expect((await kubectl(user, ['delete', ...gate])).stderr).toBe('');
    const putBack = await until('the gate to be back', async () => void (await must('admin', ['get', ...gate])));

    // Nobody else, nobody who says that they are the requester, and nothing that would outlast it.
    expectRefused(await dryRun('admin'), REFUSED);
    expectRefused(await kubectl('admin', [...fenced[0][1], '--dry-run=server', `--as=${user}`]), REFUSED);
    expectRefused(await kubectl(user, ['create', 'token', 'sallyport', '-n', SYSTEM]), REFUSED);
    expectRefused(await kubectl(user, ['delete', 'namespace', SYSTEM, '--wait=false']), REFUSED);

    await closed(user);
    const now = Date.now();
    const ended = await waitForState(asked.namespace, asked.name, 'Expired');
    const late = now - Date.parse(standing.status?.expiresAt ?? '');
    expect(ended.status?.conditions?.find(({ type }) => type === 'Expired')?.reason).toBe('WindowOver');
    expect(putBack).toBeLessThan(3_000);
    console.log(`the gate was back ${putBack} ms after its deletion`);
    console.log(`opened ${opened} ms after the approval, closed ${late} ms after its end`);
    expect(late).toBeLessThan(5_000);
    await achieves('the Events', async () => {
      const reasons = await reasonsOf(asked.name);
      expect(reasons).toContain('FenceOpened');
      expect(reasons).toContain('FenceClosed');
    });
    const log = await readFile(join(inject('e2e').place.directory, 'sallyport.log'), 'utf8');
    expect(log).toContain('the fence was opened');
    expect(log).toContain('the fence was closed');
  });

  test.concurrent(`${verifies('R24')}closes at once when the request is revoked`, { timeout: 120_000 }, async () => {
    const user = REQUESTERS.revoked;
    const asked = await ask(user);
    await approve('bob', asked);
    await open(user);
    const result = await sallyport('bob', ['revoke', '-n', asked.namespace, asked.name, '--reason', 'done']);
    expect(result.code).toBe(0);
    await closed(user);
    const now = Date.now();
    const { status } = await waitForState(asked.namespace, asked.name, 'Revoked');
    const took = now - Date.parse(status?.endedAt ?? '');
    console.log(`closed ${took} ms after the revocation`);
    expect(took).toBeLessThan(6_000);
  });

  test.concurrent('cannot be asked for without the right, without the policy, or for longer than an hour', async () => {
    await expect(ask('bob')).rejects.toThrow(/may not do this \(RBAC\)/);
    const { metadata: _, ...rest } = await example<ApprovalPolicy>('fence-opening.yaml');
    const long = {
      ...rest,
      metadata: { name: `${name}-long` },
      spec: { ...rest.spec, grant: { type: 'Window', window: '2h' } },
    };
    expectRefused(await apply('admin', long), /the fence is opened for a while/);
  });

  test('stands as it was while Sallyport is away, and closes when it is back and the time is over', {
    timeout: 150_000,
  }, async () => {
    const user = REQUESTERS.away;
    const asked = await ask(user);
    await approve('bob', asked);
    await open(user);
    await server.kill();
    await server.start();
    expect((await dryRun(user)).stderr).toBe('');
    await server.kill();
    const { status } = await request(asked.namespace, asked.name);
    await delay(Math.max(Date.parse(status?.expiresAt ?? '') - Date.now(), 0) + 1_000);
    await server.start();
    // The Lease of the leader that was killed must end first.
    const took = await closed(user);
    console.log(`closed ${took} ms after Sallyport was ready again`);
    await waitForState(asked.namespace, asked.name, 'Expired');
  });
});
