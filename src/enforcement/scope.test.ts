import { beforeEach, describe, expect, test } from 'vitest';
import { approvalPolicy } from '../../test/builders/approval-policy.ts';
import { approvedStatus, requestFor } from '../../test/builders/approval-request.ts';
import { votesThatApprove } from '../../test/builders/approval-vote.ts';
import {
  ALICE,
  createAttributes,
  deleteAttributes,
  deployment,
  execAttributes,
  updateAttributes,
} from '../../test/builders/attributes.ts';
import { codeOf, messageOf, World } from '../../test/builders/enforcement-world.ts';
import { livePodWith } from '../../test/builders/live-pod.ts';
import { sealsOf } from '../../test/builders/seals.ts';
import type { ApprovalRequest, PolicySpec } from '../core/api/kinds.ts';
import type { Attributes } from '../core/attributes/attributes.ts';
import type { JsonObject } from '../core/attributes/json.ts';

type Grant = NonNullable<PolicySpec['grant']>;

const WINDOW: Grant = { type: 'Window', window: '30m', maxUses: 5, binding: 'Scope' };
const scoped = (grant: Grant = {}, more: Partial<PolicySpec> = {}, name = 'prod-shells') =>
  approvalPolicy({ grant: { ...WINDOW, ...grant }, ...more }, name);

const command = (words: readonly string[], options: JsonObject = {}, overrides: Partial<Attributes> = {}) =>
  execAttributes(overrides, { command: [...words], ...options });

let world: World;
beforeEach(() => {
  world = new World();
  world.policies = [scoped({ commandPrefix: 1 })];
});

const outcomeOf = async (attributes: Attributes) => codeOf(await world.enforce(attributes));
const only = (): ApprovalRequest => {
  const [request, ...others] = world.approvals.all();
  if (request === undefined || others.length > 0) throw new Error(`${others.length + 1} requests`);
  return request;
};

describe('what is asked for', () => {
  test('is a scope of the first words, which the refusal names, and which the next command joins', async () => {
    const asked = await world.enforce(command(['ls', '-l']));
    expect(codeOf(asked)).toBe('Asked ApprovalRequired');
    expect(messageOf(asked)).toContain(' is pending (for any exec beginning with: ls); ');
    expect(only().spec).toMatchObject({
      action: { binding: 'Scope', exec: { container: 'app', command: ['ls'] } },
      summary: { action: 'any exec beginning with: ls' },
      unbounded: expect.stringMatching(/^scope: /),
    });
    expect(only().spec.action).not.toHaveProperty('targetUID');
    expect(await outcomeOf(command(['ls', '/etc']))).toBe('Asked ApprovalRequired');
    expect(world.approvals.all()).toHaveLength(1);
  });

  const exact: Record<string, readonly [() => void, Attributes]> = {
    'a shell': [() => undefined, command(['sh', '-c', 'ls'])],
    'a command with stdin': [() => undefined, command(['ls'], { stdin: true })],
    'an attach': [
      () => undefined,
      execAttributes({ subresource: 'attach', kind: 'PodAttachOptions', object: { stdout: true } }),
    ],
    'what a policy that binds exactly matches too': [
      () => (world.policies = [scoped(), approvalPolicy({}, 'other')]),
      command(['ls']),
    ],
    'what one of two policies lets no scope cover': [
      () => (world.policies = [scoped({ allowInteractive: true }), scoped({}, {}, 'other')]),
      command(['sh']),
    ],
    'a creation without a name': [
      () => undefined,
      createAttributes(deployment({ metadata: { generateName: 'web-', namespace: 'prod' } }), {
        name: undefined,
      } as never),
    ],
    'what leads round a policy': [
      () => (world.policies = [scoped({}, { match: onlyDelete() })]),
      updateAttributes(deployment({ metadata: owned() })),
    ],
  };
  test.each(Object.entries(exact))('is exactly this: %s', async (_, [arrange, attributes]) => {
    arrange();
    expect(await outcomeOf(attributes)).toBe('Asked ApprovalRequired');
    expect(only().spec.action).not.toHaveProperty('binding');
    expect(only().spec.digest).toBe(world.gated(attributes).digest);
  });

  test('is the longest of the words that several policies say', async () => {
    world.policies = [scoped({ commandPrefix: 1 }), scoped({ commandPrefix: 2 }, {}, 'other')];
    await world.enforce(command(['ls', '-l', '/etc']));
    expect(only().spec.action.exec?.command).toEqual(['ls', '-l']);
    world = new World();
    world.policies = [scoped({ commandPrefix: 1 }), scoped({}, {}, 'other')];
    await world.enforce(command(['ls', '-l', '/etc']));
    expect(only().spec.action.exec?.command).toEqual(['ls', '-l', '/etc']);
  });
});

describe('an approved scope', () => {
  test('lets through what it covers, and records what each use was', async () => {
    world.approve(command(['ls']));
    const used = [command(['ls']), command(['ls', '-l']), command(['ls'], {}, { pod: livePodWith({ uid: 'new' }) })];
    for (const attributes of used) {
      world.pods.pods.set('prod/web-0', attributes.pod ?? livePodWith());
      expect(await outcomeOf(attributes)).toBe('Allowed Approved');
    }
    expect(only().status?.uses?.map(({ digest }) => digest)).toEqual(used.map((each) => world.gated(each).digest));
    expect(only().status?.uses?.map(({ summary }) => summary)).toEqual(['exec ls', 'exec ls -l', 'exec ls']);
    expect(world.recorder.recorded.map(({ digest }) => digest)).toEqual(used.map((each) => world.gated(each).digest));
  });

  const outside: Record<string, Attributes> = {
    'another command': command(['cat']),
    'a command of one word that begins alike': command(['lsof']),
    'a shell behind it': command(['sh']),
    'the command with stdin': command(['ls'], { stdin: true }),
    'the command with a terminal': command(['ls'], { tty: true }),
    'another container': command(['ls'], { container: 'sidecar' }),
    'another pod': command(['ls'], {}, { name: 'web-1' }),
    'another person': command(['ls'], {}, { user: { ...ALICE, username: 'carol' } }),
    'another account of the same name': command(['ls'], {}, { user: { ...ALICE, uid: 'u-alice-2' } }),
  };
  test.each(Object.entries(outside))('does not cover %s, which asks anew', async (_, attributes) => {
    const approved = world.approve(command(['ls']));
    world.pods.pods.set('prod/web-1', livePodWith());
    expect(await outcomeOf(attributes)).toBe('Asked ApprovalRequired');
    expect(world.approvals.all()).toHaveLength(2);
    expect(
      (await world.approvals.get('prod', approved.metadata.name ?? '', new AbortController().signal))?.status?.uses ??
        [],
    ).toEqual([]);
  });

  test('covers shells where every policy says so, and it was asked for one', async () => {
    world.policies = [scoped({ commandPrefix: 1, allowInteractive: true })];
    world.approve(command(['sh', '-c', 'id'], { stdin: true, tty: true }));
    expect(await outcomeOf(command(['sh']))).toBe('Allowed Approved');
    expect(await outcomeOf(command(['bash']))).toBe('Asked ApprovalRequired');
    world = new World();
    world.policies = [scoped({ commandPrefix: 1, allowInteractive: true })];
    world.approve(command(['ls']));
    expect(await outcomeOf(command(['ls'], { tty: true }))).toBe('Asked ApprovalRequired');
  });

  test('is judged by guardrails at each use', async () => {
    world.approve(command(['ls']));
    const never = { name: 'no', expression: "exec.command.exists(part, part == '/etc')", message: 'never' };
    world.policies = [scoped({ commandPrefix: 1 }, { guardrails: { deny: [never] } })];
    expect(await outcomeOf(command(['ls']))).toBe('Allowed Approved');
    expect(await outcomeOf(command(['ls', '/etc']))).toBe('Denied Guardrail');
  });

  test('is not enough once another policy matches, or its own says something else', async () => {
    world.approve(command(['ls']));
    const before = world.policies;
    world.policies = [...before, scoped({}, {}, 'other')];
    expect(await outcomeOf(command(['ls']))).toBe('Asked ApprovalRequired');
    world.policies = [scoped({ commandPrefix: 1, allowInteractive: true })];
    expect(await outcomeOf(command(['ls']))).not.toMatch(/^Allowed/);
    world.policies = [approvalPolicy()];
    expect(await outcomeOf(command(['ls']))).not.toMatch(/^Allowed/);
    world.policies = before;
    expect(await outcomeOf(command(['ls']))).toBe('Allowed Approved');
  });

  test('does not hold for who acts as its requester', async () => {
    world.settings = { ...world.settings, impersonationShows: true };
    world.approve(command(['ls']));
    expect(await outcomeOf(command(['ls'], {}, { user: { ...ALICE, extra: {} } }))).toBe('Asked ApprovalRequired');
    expect(await outcomeOf(command(['ls']))).toBe('Allowed Approved');
  });

  test('that bears no seal of ours, or whose words were changed, does not count', async () => {
    const seals = sealsOf('ours');
    world.settings = { ...world.settings, seals };
    const gated = world.gated(command(['ls']));
    const sealed = requestFor(gated, approvedStatus(gated, world.clock.now() + 600_000), 'sealed', seals);
    const status = { ...sealed.status, seal: seals.status('sealed', sealed.status ?? {}) };
    const genuine = { ...sealed, status };
    world.votes = () =>
      votesThatApprove(genuine).map(({ metadata, spec, ...vote }) => {
        const seal = seals.vote(metadata.namespace ?? '', metadata.name ?? '', spec);
        return { ...vote, metadata, spec: { ...spec, seal } };
      });
    const action = { ...sealed.spec.action, exec: { container: 'app', command: ['cat'] } };
    world.approvals.put({ ...genuine, spec: { ...sealed.spec, action } });
    expect(await outcomeOf(command(['cat']))).toBe('Asked ApprovalRequired');
    expect(await outcomeOf(command(['ls']))).not.toMatch(/^Allowed/);
    world.approvals.put(genuine);
    expect(await outcomeOf(command(['ls']))).toBe('Allowed Approved');
  });

  test('of which one is over and one holds, the one that holds counts', async () => {
    const wide = world.gated(command(['ls']));
    world.policies = [scoped({ commandPrefix: 1 })];
    for (const [name, ms] of [
      ['over', -1000],
      ['holds', 1000],
    ] as const) {
      const request = requestFor(wide, approvedStatus(wide, world.clock.now() + ms), name);
      world.castVotes(request);
      world.approvals.put(request);
    }
    expect(await outcomeOf(command(['ls', '-l']))).toBe('Allowed Approved');
  });
});

describe('a scope of writes', () => {
  test('covers another change of the same object, and no deletion', async () => {
    world.approve(updateAttributes());
    const other = updateAttributes(deployment({ spec: { replicas: 9 } }));
    expect(await outcomeOf(updateAttributes())).toBe('Allowed Approved');
    expect(await outcomeOf(other)).toBe('Allowed Approved');
    expect(only().status?.uses).toHaveLength(2);
    expect(await outcomeOf(deleteAttributes())).toBe('Asked ApprovalRequired');
  });

  test('[R33] covers no change that deletes, where deleting is gated too, and none that leaves the policy', async () => {
    const rule = {
      apiGroups: ['apps'],
      apiVersions: ['v1'],
      operations: ['UPDATE', 'DELETE'],
      resources: ['deployments'],
    };
    const objectSelector = { matchLabels: { tier: 'web' } };
    world.policies = [
      approvalPolicy({ grant: WINDOW, match: { resourceRules: [rule as never], objectSelector } }, 'changes'),
    ];
    const is = (spec: JsonObject, metadata: JsonObject = {}) =>
      deployment({
        spec,
        metadata: { name: 'web', namespace: 'prod', uid: 'dep-uid', labels: { tier: 'web' }, ...metadata },
      });
    const change = (to: JsonObject) => updateAttributes(to, is({ replicas: 2 }, { finalizers: ['a/b'] }));
    world.approve(change(is({ replicas: 3 }, { finalizers: ['a/b'] })));
    expect(await outcomeOf(change(is({ replicas: 4 }, { finalizers: ['a/b'] })))).toBe('Allowed Approved');
    const owners = [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'x', uid: '1' }];
    for (const round of [
      is({ replicas: 0 }, { finalizers: ['a/b'] }),
      is({ replicas: 2 }),
      is({ replicas: 2 }, { finalizers: ['a/b'], ownerReferences: owners }),
      is({ replicas: 2 }, { finalizers: ['a/b'], labels: {} }),
    ])
      expect(await outcomeOf(change(round))).toBe('Asked ApprovalRequired');
  });

  test('[R40] used once answers the same write again, and no other', async () => {
    world.policies = [approvalPolicy({ grant: { binding: 'Scope' } })];
    world.approve(updateAttributes());
    expect(await outcomeOf(updateAttributes())).toBe('Allowed Approved');
    expect(await outcomeOf(updateAttributes())).toBe('Allowed Reviewed');
    expect(await outcomeOf(updateAttributes(deployment({ spec: { replicas: 9 } })))).toBe('Denied AlreadyUsed');
    expect(world.approvals.all()).toHaveLength(1);
  });

  test('[R41] wider than what would be asked for, used up by this very command, opens nothing for 5 s', async () => {
    world.policies = [approvalPolicy({ grant: { binding: 'Scope' } })];
    const wide = world.gated(command(['ls']));
    const request = requestFor(wide, approvedStatus(wide, world.clock.now() + 600_000), 'wide');
    world.castVotes(request);
    world.approvals.put(request);
    expect(await outcomeOf(command(['ls', '-l']))).toBe('Allowed Approved');
    expect(await outcomeOf(command(['ls', '-l']))).toBe('Denied AlreadyUsed');
    expect(await outcomeOf(command(['ls', '-a']))).toBe('Asked ApprovalRequired');
    await world.clock.advance(6_000);
    expect(await outcomeOf(command(['ls', '-l']))).toBe('Asked ApprovalRequired');
  });
});

function onlyDelete(): PolicySpec['match'] {
  return {
    resourceRules: [{ apiGroups: ['apps'], apiVersions: ['*'], operations: ['DELETE'], resources: ['deployments'] }],
  };
}

function owned(): JsonObject {
  const { metadata } = deployment();
  return { ...(metadata as JsonObject), ownerReferences: [{ apiVersion: 'v1', kind: 'X', name: 'x', uid: 'x' }] };
}
