import { beforeAll, describe, expect, test } from 'vitest';
import type { ApprovalRequest, ApprovalVote, PolicySpec } from '../../src/core/api/kinds.ts';
import { buildVote } from '../../src/core/approval/act.ts';
import { verifies } from '../harness/verifies.ts';
import { apply, json, kubectl, must, mustApply, sallyport } from './harness/kubectl.ts';
import { expectAccepted, ask, cast, expectRefused, written } from './harness/own-kinds.ts';
import {
  approve,
  denialCode,
  enforce,
  exec,
  policySpec,
  request,
  requests,
  scene,
  waitForState,
} from './harness/scene.ts';

type Stages = PolicySpec['approval']['stages'];

const SRE = { kind: 'Group', name: 'sre' } as const;

/** alice is listed in one stage with the group sre; nadmin may create votes and is listed nowhere. */
let one = '';
/** Two of group sre, then nadmin. */
let ordered = '';
/** Seconds to approve. */
let brief = '';
/** Seconds to use. */
let fleeting = '';

beforeAll(async () => {
  const stages = (list: Stages) => (spec: PolicySpec) => ({ ...spec, approval: { ...spec.approval, stages: list } });
  const shared: Stages = [{ name: 'sre', required: 1, approvers: [SRE, { kind: 'User', name: 'alice' }] }];
  const inOrder: Stages = [
    { name: 'sre', required: 2, approvers: [SRE] },
    { name: 'owner', required: 1, approvers: [{ kind: 'User', name: 'nadmin' }] },
  ];
  const toApprove = (spec: PolicySpec): PolicySpec => ({ ...spec, approval: { ...spec.approval, timeout: '5s' } });
  const toUse = (spec: PolicySpec): PolicySpec => ({ ...spec, grant: { useWithin: '2s' } });
  const made = await Promise.all([
    scene('votes', undefined, stages(shared)),
    scene('stages', undefined, stages(inOrder)),
    scene('brief', undefined, toApprove),
    scene('fleeting', undefined, toUse),
  ]);
  [one, ordered, brief, fleeting] = made.map(({ namespace }) => namespace) as [string, string, string, string];
  await mustApply('admin', votesFor(one), votesFor(ordered));
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

async function votesOn(asked: ApprovalRequest): Promise<ApprovalVote[]> {
  const { items } = await json<{ items: ApprovalVote[] }>('admin', [
    'get',
    'approvalvotes',
    '-n',
    asked.metadata.namespace ?? '',
  ]);
  return items.filter(({ spec }) => spec.requestUID === asked.metadata.uid);
}

const nameOf = (asked: ApprovalRequest) => asked.metadata.name ?? '';
const withSpec = (fields: object) => (vote: ApprovalVote) => ({ ...vote, spec: { ...vote.spec, ...fields } });
const withName = (name: string) => (vote: ApprovalVote) => ({ ...vote, metadata: { ...vote.metadata, name } });

describe('a vote that does not count is refused, with the reason', () => {
  let asked: ApprovalRequest;
  beforeAll(async () => {
    asked = await ask(one, 'echo', 'refused');
  });

  const OTHER = `sha256:${'1'.repeat(64)}`;
  const CASES: Readonly<Record<string, readonly [() => ReturnType<typeof cast>, RegExp]>> = {
    'of the requester, though a stage lists her': [
      () => cast('alice', asked, 'Approve'),
      /nobody approves their own request \[sallyport code=SelfApproval/,
    ],
    'of the requester by the plugin': [
      () => sallyport('alice', ['approve', '-n', one, nameOf(asked), '--yes']),
      /nobody approves their own request/,
    ],
    'of the requester who denies it': [() => cast('alice', asked, 'Deny'), /the requester cancels a request instead/],
    'of a user whom no stage lists': [
      () => cast('nadmin', asked, 'Approve'),
      /no stage lists nadmin \[sallyport code=NotAnApprover/,
    ],
    'of a ServiceAccount in a listed group': [
      () => castAs(`system:serviceaccount:${one}:robot`),
      /no stage lists system:serviceaccount:votes-\S+:robot/,
    ],
    'with a name of its own': [
      () => cast('bob', asked, 'Approve', withName('mine')),
      /your vote must be named \S+-(approve|deny)-[0-9a-f]{16}/,
    ],
    'under the name of another person': [
      () => cast('bob', asked, 'Approve', (vote) => withName(vote.metadata.name?.replace(/.$/, 'x') ?? '')(vote)),
      /your vote must be named/,
    ],
    'with a forged voter': [
      () => cast('bob', asked, 'Approve', withSpec({ voter: { username: 'carol', groups: ['sre'], person: 'carol' } })),
      /spec\.voter is not what it would be; leave it out/,
    ],
    'with a forged channel': [
      () => cast('bob', asked, 'Approve', withSpec({ via: 'Slack' })),
      /spec\.via is not what it would be/,
    ],
    'with a forged seal': [
      () => cast('bob', asked, 'Approve', withSpec({ seal: 'x' })),
      /spec\.seal is not for you to set/,
    ],
    'with another digest': [
      () => cast('bob', asked, 'Approve', withSpec({ digest: OTHER })),
      /not the one that you looked at \(another digest\); look again/,
    ],
    'without a digest': [
      () => cast('bob', asked, 'Approve', withSpec({ digest: undefined })),
      /spec\.digest: Required value/,
    ],
    'with a finalizer': [
      () =>
        cast('bob', asked, 'Approve', (vote) => ({
          ...vote,
          metadata: { ...vote.metadata, finalizers: ['example.com/keep'] },
        })),
      /metadata\.finalizers is not for you to set/,
    ],
    'on a request that does not exist': [
      () => cast('bob', asked, 'Approve', withSpec({ request: 'none' })),
      /there is no ApprovalRequest votes-\S+\/none/,
    ],
    'that cancels what another asked for': [() => cast('bob', asked, 'Cancel'), /only its requester may cancel it/],
    'that acknowledges what was no break-glass': [
      () => cast('bob', asked, 'Acknowledge'),
      /only a break-glass use is acknowledged/,
    ],
  };

  test.concurrent.each(Object.keys(CASES))(`${verifies('R20', 'R21')}%s`, async (name) => {
    const [attempt, why] = CASES[name] as (typeof CASES)[string];
    expectRefused(await attempt(), why);
    expect(await votesOn(asked)).toEqual([]);
  });

  test(`${verifies('R21')}and none of them has left a trace: the request is Pending`, async () => {
    const { status } = await request(one, nameOf(asked));
    expect(status).toMatchObject({ state: 'Pending', approvals: '0/1' });
    expect(status?.votes ?? []).toEqual([]);
  });

  /** A ServiceAccount's own groups are refused in a policy; here it claims to be in a listed one. */
  function castAs(username: string) {
    const vote = JSON.stringify(buildVote(asked, username, 'Approve', undefined));
    // Who may impersonate may forge the credential id too: what is refused here is refused for who it is.
    const credential = '--as-user-extra=authentication.kubernetes.io/credential-id=X509SHA256=aa';
    return kubectl('admin', ['create', '-f', '-', '--as', username, '--as-group=sre', credential], { stdin: vote });
  }
});

describe('stages', () => {
  test.concurrent(`${verifies('R21', 'R24')}in their order, each with its number of persons`, async () => {
    const asked = await ask(ordered, 'echo', 'ordered');
    expectRefused(
      await cast('nadmin', asked, 'Approve'),
      /the stage that lists nadmin is not open to them now \[sallyport code=StageNotOpen/,
    );

    await approve('bob', { namespace: ordered, name: nameOf(asked) });
    expect((await request(ordered, nameOf(asked))).status).toMatchObject({ state: 'Pending', approvals: '1/2, 0/1' });
    expectRefused(await cast('bob', asked, 'Approve'), /already exists|bob has voted already/);
    expectRefused(await cast('bob', asked, 'Deny'), /already exists|bob has voted already/);
    expectRefused(await cast('bob', asked, 'Approve', withName('again')), /your vote must be named/);
    expectRefused(await sallyport('bob', ['approve', '-n', ordered, nameOf(asked), '--yes']), /bob (has )?voted/);
    expect(denialCode(await exec('alice', ordered, 'echo', 'ordered'))).toBe('ApprovalRequired');

    await approve('carol', { namespace: ordered, name: nameOf(asked) });
    expect((await request(ordered, nameOf(asked))).status).toMatchObject({ state: 'Pending', approvals: '2/2, 0/1' });
    const waiting = await exec('alice', ordered, 'echo', 'ordered');
    expect(denialCode(waiting)).toBe('ApprovalRequired');

    expectAccepted(await cast('nadmin', asked, 'Approve'));
    const approved = await waitForState(ordered, nameOf(asked), 'Approved');
    expect(approved.status?.votes?.map(({ person }) => person)).toEqual(['bob', 'carol', 'nadmin']);
    expect((await exec('alice', ordered, 'echo', 'ordered')).stdout).toBe('ordered\n');
  });

  test.concurrent(`${verifies('R24', 'R14')}the first denial ends it, and answers for its cool-down`, async () => {
    const asked = await ask(ordered, 'echo', 'denied');
    await approve('bob', { namespace: ordered, name: nameOf(asked) });
    const denied = await sallyport('carol', ['deny', '-n', ordered, nameOf(asked), '--reason', 'not today']);
    expect(denied.code).toBe(0);
    const { status } = await waitForState(ordered, nameOf(asked), 'Denied');
    expect(status?.conditions?.find(({ type }) => type === 'Denied')?.message).toBe('denied by carol: not today');
    expectRefused(await cast('nadmin', asked, 'Approve'), /the request is Denied already \[sallyport code=Ended/);

    const again = await exec('alice', ordered, 'echo', 'denied');
    expectRefused(again, /not today/);
    expect(again.stderr).toContain('[sallyport code=Denied');
    expect(again.stderr).toContain('retry=false');
    expect((await requests(ordered)).filter(({ spec }) => spec.digest === asked.spec.digest)).toHaveLength(1);
  });
});

describe('an end', () => {
  test(`${verifies('R20')}revoked: an approval that is taken back is not used`, async () => {
    const asked = await ask(one, 'echo', 'revoked');
    await approve('bob', { namespace: one, name: nameOf(asked) });
    expectRefused(await cast('carol', asked, 'Deny'), /it is approved already; revoke it instead/);
    expectRefused(await cast('carol', asked, 'Approve'), /it is approved already/);
    expectAccepted(await cast('carol', asked, 'Revoke'));
    await waitForState(one, nameOf(asked), 'Revoked');
    expect(denialCode(await exec('alice', one, 'echo', 'revoked'))).toBe('Revoked');
    expectRefused(await cast('bob', asked, 'Revoke'), /the request is Revoked already/);
  });

  test(`${verifies('R20')}cancelled by its requester; asked anew at once`, async () => {
    const asked = await ask(one, 'echo', 'cancelled');
    const cancelled = await sallyport('alice', ['cancel', '-n', one, nameOf(asked)]);
    expect(cancelled.code).toBe(0);
    await waitForState(one, nameOf(asked), 'Cancelled');
    expectRefused(await cast('bob', asked, 'Approve'), /the request is Cancelled already/);
    expect(nameOf(await ask(one, 'echo', 'cancelled'))).not.toBe(nameOf(asked));
  });

  test.concurrent(`${verifies('R20', 'R14')}expired: nobody approved in time`, async () => {
    const asked = await ask(brief, 'echo', 'late');
    await waitForState(brief, nameOf(asked), 'Expired');
    expectRefused(await cast('bob', asked, 'Approve'), /the request is Expired already/);
    const again = await exec('alice', brief, 'echo', 'late');
    expect(denialCode(again)).toBe('Expired');
    expect(again.stderr).toContain('retry=false');
  });

  test.concurrent(`${verifies('R14')}expired: approved and not used in time`, async () => {
    const asked = await ask(fleeting, 'echo', 'unused');
    expectAccepted(await cast('bob', asked, 'Approve'));
    const { status } = await waitForState(fleeting, nameOf(asked), 'Expired');
    expect(status?.conditions?.map(({ type }) => type).sort()).toEqual(['Approved', 'Expired']);
    expect(denialCode(await exec('alice', fleeting, 'echo', 'unused'))).toBe('Expired');
  });
});

describe('between view and vote', () => {
  const configMap = (namespace: string, name: string) => ({
    operation: 'CREATE' as const,
    version: 'v1',
    resource: 'configmaps',
    namespace,
    name,
    object: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace }, data: { a: 'b' } },
  });

  test(`${verifies('R20')}a request that went with its namespace and came back under its name is another`, async () => {
    const namespace = `again-${Date.now().toString(36)}`;
    const place = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels: { scene: namespace } } };
    await mustApply('admin', place);
    await enforce(
      namespace,
      policySpec(namespace, [
        { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps'] },
      ]),
    );
    // The namespace's own kube-root-ca.crt comes from a controller, which never waits.
    expectAccepted(await apply('alice', written(namespace, 'mine', configMap(namespace, 'harmless'))));
    const shown = await request(namespace, 'mine');
    await must('admin', ['delete', 'namespace', namespace, '--timeout=40s']);
    await mustApply('admin', place);

    expectAccepted(await apply('alice', written(namespace, 'mine', configMap(namespace, 'harmless'))));
    const same = await request(namespace, 'mine');
    expect(same.spec.digest).toBe(shown.spec.digest);
    expectRefused(await cast('bob', shown, 'Approve'), /replaced since you looked at it \(another uid\); look again/);

    expectAccepted(await cast('alice', same, 'Cancel'));
    await waitForState(namespace, 'mine', 'Cancelled');
    await must('admin', ['delete', 'namespace', namespace, '--timeout=40s']);
    await mustApply('admin', place);
    expectAccepted(await apply('alice', written(namespace, 'mine', configMap(namespace, 'harmful'))));
    const replaced = await request(namespace, 'mine');
    const mixed = { ...replaced, spec: { ...replaced.spec, digest: shown.spec.digest ?? '' } };
    expectRefused(await cast('bob', mixed, 'Approve'), /not the one that you looked at \(another digest\); look again/);
    expect((await request(namespace, 'mine')).status?.votes ?? []).toEqual([]);
  });
});
