import { describe, expect, test } from 'vitest';
import { approvalPolicy } from '../../test/builders/approval-policy.ts';
import { updateAttributes } from '../../test/builders/attributes.ts';
import { codeOf, World } from '../../test/builders/enforcement-world.ts';
import type { ApprovalPolicy, PolicySpec } from '../core/api/kinds.ts';

const trial = (mode: 'Warn' | 'Audit', spec: Partial<PolicySpec> = {}, name = 'trial') =>
  approvalPolicy({ mode, ...spec }, name);
const deny = (expression: string) => ({ guardrails: { deny: [{ name: 'no', expression, message: 'never' }] } });
const match = (expression: string) => ({
  match: { ...approvalPolicy().spec.match, matchConditions: [{ name: 'c', expression }] },
});
const update = updateAttributes();
const dryRun = updateAttributes(undefined, undefined, { dryRun: true });
const ASKS = 'sallyport: policy trial (mode Warn) would ask 1 of group sre for update on prod/deployments.apps/web';

describe('a policy that is not enforced stops nobody, asks nobody, and is recorded', () => {
  test.each<[string, readonly ApprovalPolicy[], typeof update, string, readonly unknown[]]>([
    ['Warn says what would have been asked of whom', [trial('Warn')], update, 'WouldAsk', [ASKS]],
    ['Warn says so in a dry run', [trial('Warn')], dryRun, 'WouldAsk', [ASKS]],
    ['Audit says nothing', [trial('Audit')], update, 'WouldAsk', []],
    ['Audit says nothing in a dry run', [trial('Audit')], dryRun, 'WouldAsk', []],
    [
      'Warn says what its guardrail would refuse',
      [trial('Warn', deny('true'))],
      update,
      'WouldDeny',
      ['sallyport: policy trial (mode Warn) would refuse this: never (guardrail no of policy trial)'],
    ],
    ['Audit does not say what its guardrail would refuse', [trial('Audit', deny('true'))], update, 'WouldDeny', []],
    [
      'Warn says what its guardrail cannot tell',
      [trial('Warn', deny('object.nothing == 1'))],
      update,
      'WouldDeny',
      [
        expect.stringMatching(
          /^sallyport: policy trial \(mode Warn\) would refuse this: guardrail no of policy trial: /,
        ),
      ],
    ],
    [
      'Warn says what its condition cannot tell',
      [trial('Warn', match('object.nothing == 1'))],
      update,
      'WouldDeny',
      [
        expect.stringMatching(
          /^sallyport: policy trial \(mode Warn\) would refuse this: condition c of policy trial: /,
        ),
      ],
    ],
    ['a guardrail that is false is nothing to say', [trial('Warn', deny('false'))], update, 'WouldAsk', [ASKS]],
    [
      'two of them say so each',
      [trial('Warn'), trial('Warn', {}, 'other'), trial('Audit', {}, 'quiet')],
      update,
      'WouldAsk',
      [ASKS, ASKS.replace('trial', 'other')],
    ],
  ])('%s', async (_, policies, attributes, code, warnings) => {
    const world = new World();
    world.policies = policies;
    const outcome = await world.enforce(attributes);
    expect(codeOf(outcome)).toBe(`Allowed ${code}`);
    expect(outcome).toHaveProperty('warnings', warnings);
    expect(world.approvals.all()).toEqual([]);
    const names = policies.map(({ metadata }) => metadata.name);
    expect(world.recorder.recorded).toMatchObject([{ verdict: 'Allowed', code, policies: names, observed: names }]);
  });

  test('what no policy on trial matches is as if there were none', async () => {
    const world = new World();
    world.policies = [trial('Warn', match('false'))];
    const outcome = await world.enforce(update);
    expect(codeOf(outcome)).toBe('Allowed NoPolicyMatches');
    expect(world.recorder.recorded[0]).not.toHaveProperty('observed');
  });

  test('one that is not ready denies, whatever its mode', async () => {
    const world = new World();
    for (const mode of ['Warn', 'Audit'] as const) {
      world.policies = [trial(mode, { masking: {} })];
      expect(codeOf(await world.enforce(update))).toBe('Denied PolicyNotReady');
    }
  });

  test('an action that cannot be asked for at all passes too', async () => {
    const world = new World();
    const collection = { ...update, operation: 'DELETE' as const, name: '', object: null, oldObject: null };
    world.policies = [approvalPolicy()];
    const refused = codeOf(await world.enforce(collection));
    expect(refused).toMatch(/^Denied /);
    world.policies = [trial('Warn')];
    const outcome = await world.enforce(collection);
    expect(codeOf(outcome)).toBe('Allowed WouldDeny');
    expect(outcome).toHaveProperty('warnings', [expect.stringContaining('would refuse this: ')]);
  });
});

describe('beside a policy that is enforced', () => {
  const world = (...policies: readonly ApprovalPolicy[]): World => {
    const made = new World();
    made.policies = [approvalPolicy(), ...policies];
    return made;
  };

  test('only the enforced one asks, and the approval of it is enough', async () => {
    const leads = { approval: { stages: [{ name: 'l', approvers: [{ kind: 'Group' as const, name: 'leads' }] }] } };
    const both = world(trial('Warn', leads));
    const asked = await both.enforce(update);
    expect(codeOf(asked)).toBe('Asked ApprovalRequired');
    expect(both.approvals.all().map(({ spec }) => spec.policies?.map(({ name }) => name))).toEqual([['prod-shells']]);
    expect(both.recorder.recorded).toMatchObject([{ policies: ['prod-shells'], observed: ['trial'] }]);

    const approved = world(trial('Warn', leads), trial('Audit', leads, 'quiet'));
    approved.approve(update);
    const outcome = await approved.enforce(update);
    expect(codeOf(outcome)).toBe('Allowed Approved');
    expect(outcome).toHaveProperty('warnings', [ASKS.replace('group sre', 'group leads')]);
    expect(approved.recorder.recorded).toMatchObject([
      { code: 'Approved', policies: ['prod-shells'], observed: ['trial', 'quiet'] },
    ]);
  });

  test('a guardrail of one on trial refuses nothing that is approved', async () => {
    const approved = world(trial('Warn', deny('true')));
    approved.approve(update);
    const outcome = await approved.enforce(update);
    expect(codeOf(outcome)).toBe('Allowed Approved');
    expect(outcome).toHaveProperty('warnings', [expect.stringContaining('would refuse this: never')]);
  });

  test('a guardrail of the enforced one refuses, and nothing is warned of', async () => {
    const both = new World();
    both.policies = [approvalPolicy(deny('true')), trial('Warn')];
    expect(codeOf(await both.enforce(update))).toBe('Denied Guardrail');
  });

  test('a dry run says both', async () => {
    expect(await world(trial('Warn')).enforce(dryRun)).toHaveProperty('warnings', [
      expect.stringContaining('a dry run asks nobody'),
      ASKS,
    ]);
  });
});

test('what is asked for stays asked for when its policy only warns from now on, and the action passes', async () => {
  const world = new World();
  world.approve(update);
  const before = world.approvals.all();
  world.policies = [approvalPolicy({ mode: 'Warn' })];
  expect(codeOf(await world.enforce(update))).toBe('Allowed WouldAsk');
  expect(world.approvals.all()).toEqual(before);
});
