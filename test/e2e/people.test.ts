import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ApprovalRequest, PolicySpec } from '../../src/core/api/kinds.ts';
import { PEOPLE_MAP } from '../../src/platform/identity/people-map.ts';
import { peopleMap, playgroundPeople } from '../../tools/install/manifests.ts';
import { achieves } from '../harness/achieves.ts';
import { verifies } from '../harness/verifies.ts';
import { asSallyport, byConsole, bySlack, castBy, voteOnBehalf } from './harness/channels.ts';
import { kubectl, must, mustApply, sallyport, type User } from './harness/kubectl.ts';
import { ask, cast, create, expectAccepted, expectRefused } from './harness/own-kinds.ts';
import {
  denialCode,
  deniedRequest,
  EXEC_RULE,
  enforce,
  exec,
  policySpec,
  request,
  scene,
  waitForState,
} from './harness/scene.ts';

/** Two of sre must approve in the first; the others have a policy of their own kind. */
let namespace = '';
let sure = '';
let slack = '';

const approval = (stages: PolicySpec['approval']['stages'], minAssurance?: 'Console') => (spec: PolicySpec) => ({
  ...spec,
  approval: { stages, ...(minAssurance === undefined ? {} : { minAssurance }) },
});
const SRE = { kind: 'Group', name: 'sre' } as const;

beforeAll(async () => {
  ({ namespace } = await scene('people', [EXEC_RULE], approval([{ name: 'sre', required: 2, approvers: [SRE] }])));
  ({ namespace: sure } = await scene('sure', [EXEC_RULE], approval([{ name: 'sre', approvers: [SRE] }], 'Console')));
  const oncall = [{ name: 'oncall', approvers: [{ kind: 'SlackUserGroup' as const, name: 'sre-oncall' }] }];
  ({ namespace: slack } = await scene('oncall', [EXEC_RULE], approval(oncall)));
}, 120_000);

async function askedBy(user: User, where: string, ...command: string[]): Promise<ApprovalRequest> {
  const { name } = deniedRequest(await exec(user, where, ...command));
  return await request(where, name);
}

const nameOf = ({ metadata }: ApprovalRequest) => metadata.name ?? '';
const counted = async (asked: ApprovalRequest, voter: object) =>
  await achieves('the vote to be counted', async () => {
    const { status } = await request(asked.metadata.namespace ?? '', nameOf(asked));
    expect(status?.votes).toContainEqual(expect.objectContaining(voter));
  });

describe('a vote on behalf', () => {
  test(`${verifies('R22', 'README-people')}counts for the person, who hears by kubectl that they have voted, and the command goes on`, async () => {
    const asked = await ask(namespace, 'echo', 'people');
    expectAccepted(await castBy(bySlack('bob'), 'bob', asked));
    await counted(asked, { person: 'bob', username: 'bob', via: 'Slack' });
    expectRefused(await cast('bob', asked, 'Approve'), /bob has voted already \[sallyport code=AlreadyVoted/);
    expectRefused(await castBy(byConsole('bob'), 'bob', asked), /code=AlreadyVoted/);
    expectAccepted(await castBy(byConsole('carol'), 'carol', asked));
    await waitForState(namespace, nameOf(asked), 'Approved');
    expect((await exec('alice', namespace, 'echo', 'people')).stdout).toBe('people\n');
  });

  test(`${verifies('R22')}does not count after the person's own by kubectl`, async () => {
    const asked = await ask(namespace, 'echo', 'kubectl first');
    expectAccepted(await cast('carol', asked, 'Approve'));
    await counted(asked, { person: 'carol', via: 'Kubernetes' });
    expectRefused(await castBy(bySlack('carol'), 'carol', asked), /code=AlreadyVoted/);
    expectAccepted(await castBy(bySlack('bob'), 'bob', asked, 'Deny'));
    await waitForState(namespace, nameOf(asked), 'Denied');
  });

  test(`${verifies('R22')}is for the channels alone, and for nobody without an entry`, async () => {
    const asked = await ask(namespace, 'echo', 'forged');
    for (const user of ['alice', 'bob', 'admin'] as const) {
      const forged = await cast(user, asked, 'Approve', ({ spec, ...vote }) => ({
        ...vote,
        spec: { ...spec, onBehalfOf: bySlack('carol') },
      }));
      expectRefused(forged, /spec\.onBehalfOf is for the identities of channels alone/);
    }
    expectRefused(await castBy(bySlack('mallory'), 'mallory', asked), /people map.*code=NoEntry/);
    expectRefused(await castBy({ kind: 'Slack', id: 'T0OTHER/U0BOB' }, 'bob', asked), /code=NoEntry/);
    expectRefused(await castBy({ ...bySlack('alice'), groups: ['sre'] }, 'alice', asked), /code=SelfApproval/);
    expect((await request(namespace, nameOf(asked))).status?.votes ?? []).toEqual([]);
  });
});

describe('a channel that is nothing else of ours', () => {
  beforeAll(async () => {
    const bind = (role: string) => ({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { name: `channel-${role}`, namespace },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
      subjects: [{ kind: 'User', name: 'slack-channel', apiGroup: 'rbac.authorization.k8s.io' }],
    });
    await mustApply('admin', bind('sallyport-channels'), bind('edit'));
    await achieves('the channel may vote', () =>
      must('slackChannel', ['auth', 'can-i', 'create', 'approvalvotes.sallyport.dev', '-n', namespace]),
    );
  });

  test(`${verifies('R22')}votes for people of Slack, and for nobody else`, async () => {
    const asked = await ask(namespace, 'echo', 'channel');
    expectAccepted(await create('slackChannel', voteOnBehalf(bySlack('bob'), 'bob', asked)));
    await counted(asked, { person: 'bob', username: 'bob', via: 'Slack' });
    const why = /spec\.onBehalfOf is for the identities of channels alone/;
    expectRefused(await create('slackChannel', voteOnBehalf(byConsole('carol'), 'carol', asked)), why);
    expectRefused(await cast('slackChannel', asked, 'Approve'), /must be named|code=NotAnApprover/);
  });

  test(`${verifies('R22', 'R32')}passes neither the gate nor the fence by that`, async () => {
    expect(denialCode(await exec('slackChannel', namespace, 'id'))).toBe('ApprovalRequired');
    const forged = ['patch', 'approvalrequest', nameOf(await ask(namespace, 'echo', 'forge')), '-n', namespace];
    const status = [...forged, '--subresource=status', '--type=merge', '-p', '{"status":{"state":"Approved"}}'];
    expectRefused(await kubectl('slackChannel', status), /forbidden|written by Sallyport alone/i);
    const token = ['create', 'token', 'sallyport', '-n', 'sallyport-system'];
    expectRefused(await kubectl('slackChannel', token), /forbidden/i);
  });
});

describe('a person', () => {
  test(`${verifies('R21', 'README-people')}does not approve their own request by another name`, async () => {
    const asked = await ask(namespace, 'echo', 'mine');
    expect(asked.spec.requester).toMatchObject({ username: 'alice', person: 'alice', class: 'Human' });
    const result = await sallyport('aliceAdmin', ['approve', '-n', namespace, nameOf(asked), '--yes']);
    expectRefused(result, /nobody approves their own request/);
    expectRefused(await castBy(bySlack('alice'), 'alice', asked), /code=SelfApproval/);
    expectRefused(await castBy(byConsole('alice'), 'alice', asked), /code=SelfApproval/);
    expect((await sallyport('aliceAdmin', ['cancel', '-n', namespace, nameOf(asked)])).code).toBe(0);
    await waitForState(namespace, nameOf(asked), 'Cancelled');
  });

  test(`${verifies('R21', 'README-people')}does not approve what their agent asks for, nor does the agent vote`, async () => {
    const asked = await askedBy('aliceAgent', namespace, 'echo', 'agent');
    expect(asked.spec.requester).toMatchObject({ username: 'alice-agent', class: 'Agent', owner: 'alice' });
    expectRefused(await castBy(bySlack('alice'), 'alice', asked), /code=SelfApproval/);
    const byName = await sallyport('aliceAdmin', ['approve', '-n', namespace, nameOf(asked), '--yes']);
    expectRefused(byName, /nobody approves their own request/);
    expectAccepted(await castBy(bySlack('bob'), 'bob', asked));
  });

  test(`${verifies('R21')}of several usernames votes with the plugin under the one name that they have`, async () => {
    const asked = await askedBy('carol', namespace, 'echo', 'two names');
    expect((await sallyport('aliceAdmin', ['approve', '-n', namespace, nameOf(asked), '--yes'])).stderr).not.toMatch(
      /error/,
    );
    await counted(asked, { person: 'alice', username: 'alice-admin', via: 'Kubernetes' });
    expectRefused(await castBy(bySlack('alice'), 'alice', asked), /code=AlreadyVoted/);
  });

  test(`${verifies('R21')}is told by whoami who they are`, async () => {
    const { stdout } = await sallyport('aliceAdmin', ['whoami']);
    expect(stdout).toMatch(/^username: +alice-admin\n/);
    expect(stdout).toMatch(
      /\nperson: +alice\nusernames: +alice, alice-admin\nemails: +alice@example\.com\nslack: +T0SALLYPORT\/U0ALICE\n/,
    );
    expect((await sallyport('aliceAgent', ['whoami'])).stdout).toMatch(/person: +alice-agent \(an agent of alice/);
    expect((await sallyport('nadmin', ['whoami'])).stdout).toMatch(
      /not known: you may not read .*sallyport-people-reader/,
    );
    const json = JSON.parse((await sallyport('bob', ['whoami', '-o', 'json'])).stdout) as object;
    expect(json).toMatchObject({ username: 'bob', person: 'bob', by: 'Entry', entry: { agents: ['bob-agent'] } });
  });
});

describe('a policy', () => {
  test(`${verifies('R22', 'README-assurance')}that asks for the console takes no vote by Slack but a denial`, async () => {
    const asked = await ask(sure, 'echo', 'sure');
    const why =
      /a vote by Slack is not enough for policy \S+: vote in the console, or with kubectl sallyport \[sallyport code=AssuranceTooLow/;
    expectRefused(await castBy(bySlack('bob'), 'bob', asked), why);
    expectAccepted(await castBy(byConsole('bob'), 'bob', asked));
    await waitForState(sure, nameOf(asked), 'Approved');
    expect((await exec('alice', sure, 'echo', 'sure')).stdout).toBe('sure\n');

    const denied = await ask(sure, 'echo', 'denied');
    expectAccepted(await castBy(bySlack('bob'), 'bob', denied, 'Deny'));
    await waitForState(sure, nameOf(denied), 'Denied');
  });

  test(`${verifies('R22')}that lists a Slack group counts who is in it, by Slack`, async () => {
    const asked = await ask(slack, 'echo', 'oncall');
    expectRefused(await castBy(bySlack('bob', 'sre'), 'bob', asked), /code=NotAnApprover/);
    expectRefused(
      await castBy({ ...byConsole('bob'), slackGroups: ['sre-oncall'] }, 'bob', asked),
      /code=NotAnApprover/,
    );
    expectRefused(await cast('bob', asked, 'Approve'), /code=NotAnApprover/);
    expectAccepted(await castBy(bySlack('bob', 'sre-oncall'), 'bob', asked));
    await waitForState(slack, nameOf(asked), 'Approved');
    expect((await exec('alice', slack, 'echo', 'oncall')).stdout).toBe('oncall\n');
  });
});

describe('the people map', () => {
  const editor = 'e2e-people-editor';
  const write = async (people: string) => {
    const written = await asSallyport(['apply', '-f', '-'], peopleMap('sallyport-system', people));
    expect(written.code, written.stderr).toBe(0);
  };

  beforeAll(async () => {
    // The fence lets nobody else write it: Sallyport itself gets the right for this test.
    const apiGroup = 'rbac.authorization.k8s.io';
    await mustApply(
      'admin',
      {
        apiVersion: `${apiGroup}/v1`,
        kind: 'ClusterRole',
        metadata: { name: editor },
        rules: [{ apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'create', 'update', 'patch'] }],
      },
      {
        apiVersion: `${apiGroup}/v1`,
        kind: 'ClusterRoleBinding',
        metadata: { name: editor },
        roleRef: { apiGroup, kind: 'ClusterRole', name: editor },
        subjects: [{ kind: 'ServiceAccount', name: 'sallyport', namespace: 'sallyport-system' }],
      },
    );
    await achieves('the right to count', async () => {
      const may = await asSallyport(['auth', 'can-i', 'patch', 'configmaps', '-n', 'sallyport-system']);
      if (may.stdout !== 'yes\n') throw new Error(`not yet: ${may.stdout}`);
    });
  });

  afterAll(async () => {
    await write(playgroundPeople());
    await must('admin', ['delete', 'clusterrolebinding,clusterrole', editor]);
  });

  test(`${verifies('R21', 'R32')}is written by nobody but through the fence, cluster-admins included`, async () => {
    const result = await must('admin', ['get', 'configmap', PEOPLE_MAP.name, '-n', 'sallyport-system', '-o', 'name']);
    expect(result).toBe(`configmap/${PEOPLE_MAP.name}\n`);
    const label = ['label', 'configmap', PEOPLE_MAP.name, '-n', 'sallyport-system', 'x=y'];
    await expect(must('admin', label)).rejects.toThrow(/the gate stands on this object/);
  });

  test(`${verifies('R21')}counts as soon as it is changed; one with mistakes leaves the last that was good, and says so`, async () => {
    await enforce(
      namespace,
      policySpec(namespace, [EXEC_RULE], approval([{ name: 'sre', required: 2, approvers: [SRE] }])),
    );
    const dave = 'people: [{person: Dave, slack: [T0SALLYPORT/U0DAVE], groups: [sre]}]';
    const asked = await ask(namespace, 'echo', 'map');
    expectRefused(await castBy(bySlack('dave'), 'Dave', asked), /code=NoEntry/);
    await write(dave);
    await achieves('the map to be read', async () => expectAccepted(await castBy(bySlack('dave'), 'Dave', asked)));
    await counted(asked, { person: 'Dave', username: 'Dave', via: 'Slack' });

    await write(`${dave}\npersons: []`);
    await achieves('an Event on the ConfigMap', async () => {
      const events = await must('admin', [
        'get',
        'events',
        '-n',
        'sallyport-system',
        '--field-selector',
        'reason=PeopleMapRefused',
      ]);
      expect(events).toMatch(/The last one that was good goes on\. Unrecognized key: "persons"/);
    });
    const other = await ask(namespace, 'echo', 'broken map');
    expectAccepted(await castBy(bySlack('dave'), 'Dave', other));
  });
});
