import { describe, expect, test } from 'vitest';
import { approvalPolicy } from '../../../test/builders/approval-policy.ts';
import { approvedStatus, requestFor } from '../../../test/builders/approval-request.ts';
import { deleteAttributes, execAttributes, updateAttributes } from '../../../test/builders/attributes.ts';
import { as, decideIn, gatedOf, NOW, SETTINGS, snapshot, verdict } from '../../../test/builders/decision-world.ts';
import type { ApprovalPolicy } from '../api/kinds.ts';
import type { Attributes } from '../attributes/attributes.ts';
import { gate } from './gate.ts';

const guarded = (expression: string, more: object = {}, name = 'guarded', spec: object = {}): ApprovalPolicy =>
  approvalPolicy({ guardrails: { deny: [{ name: 'no', expression, ...more }] }, ...spec }, name);

const DROP = "exec != null && exec.command.exists(part, part.contains('dropdb'))";
const dropdb = execAttributes({}, { command: ['sh', '-c', 'dropdb prod'] });

describe('a guardrail', () => {
  test.each<[string, readonly ApprovalPolicy[], Attributes, string]>([
    ['that is true refuses', [guarded(DROP)], dropdb, 'Deny Guardrail'],
    ['that is false lets the action be asked for', [guarded(DROP)], execAttributes(), 'ApprovalRequired NotAsked'],
    ['over a command lets a write be asked for', [guarded(DROP)], updateAttributes(), 'ApprovalRequired NotAsked'],
    ['of one policy of two refuses', [approvalPolicy(), guarded(DROP)], dropdb, 'Deny Guardrail'],
    ['that cannot be evaluated denies', [guarded('object.nothing == 1')], execAttributes(), 'Deny PolicyNotReady'],
    [
      'that cannot be evaluated hides no refusal',
      [guarded('object.nothing == 1', {}, 'a'), guarded('true', {}, 'b')],
      execAttributes(),
      'Deny Guardrail',
    ],
    [
      'of a policy that does not match says nothing',
      [
        approvalPolicy(),
        guarded('true', {}, 'others', {
          match: { ...approvalPolicy().spec.match, subjects: [{ kind: 'User', name: 'bob' }] },
        }),
      ],
      execAttributes(),
      'ApprovalRequired NotAsked',
    ],
    ['looks at the object of a write', [guarded('object.spec.replicas > 0')], updateAttributes(), 'Deny Guardrail'],
    ['looks at what is deleted', [guarded("oldObject.metadata.name == 'web'")], deleteAttributes(), 'Deny Guardrail'],
    [
      'does not stop a controller of the system',
      [guarded('true')],
      updateAttributes(undefined, undefined, { user: as('system:kube-scheduler') }),
      'NoOpinion SystemIdentity',
    ],
    [
      'refuses a dry run as well',
      [guarded('true')],
      updateAttributes(undefined, undefined, { dryRun: true }),
      'Deny Guardrail',
    ],
  ])('%s', (_, policies, attributes, expected) => {
    expect(verdict(decideIn({ policies }, attributes))).toBe(expected);
  });

  test.each<[string, object]>([
    ['pending', { state: 'Pending', expiresAt: '2027-01-01T00:00:00Z' }],
    ['approved', approvedStatus(gatedOf(dropdb, [guarded('false')]), NOW + 1000)],
  ])('that is added refuses what is %s, and nobody is asked anew', (_, status) => {
    const requests = [requestFor(gatedOf(dropdb, [guarded('false')]), status)];
    expect(verdict(decideIn({ policies: [guarded('false')], requests }, dropdb))).not.toMatch(/^Deny/);
    expect(verdict(decideIn({ policies: [guarded(DROP)], requests }, dropdb))).toBe('Deny Guardrail');
  });

  test.each<[string, object, string]>([
    [
      'with the words of its author, policy and guardrail',
      { message: 'dropdb is never run by hand' },
      'dropdb is never run by hand (guardrail no of policy guarded)',
    ],
    ['without words', {}, 'refused by guardrail no of policy guarded, approved or not'],
    ['with words of nothing', { message: ' . ' }, 'refused by guardrail no of policy guarded, approved or not'],
    ['with a full stop', { message: 'No.\n' }, 'No (guardrail no of policy guarded)'],
  ])('refuses %s', (_, more, message) => {
    const decision = decideIn({ policies: [guarded('true', more)] });
    expect(decision).toMatchObject({
      message,
      refusedBy: { policies: ['guarded'], detail: 'guardrail no of policy guarded' },
    });
  });

  test('that cannot be evaluated says where, and no value of the request', () => {
    const decision = decideIn({ policies: [guarded("exec.command[7] == 'x'")] });
    expect(decision).toMatchObject({
      message: expect.stringMatching(/^guardrail no of policy guarded: .* at line 1, column \d+$/),
    });
  });
});

describe('where the objects of a written change are not at hand, a guardrail', () => {
  const match = approvalPolicy().spec.match;
  test.each<[string, ApprovalPolicy, string]>([
    ['that needs none of them refuses', guarded("request.operation == 'UPDATE'"), 'Refused Guardrail'],
    ['that looks at the object waits for the use', guarded('object.spec.replicas > 0'), 'Gated'],
    ['that asks whether there is an object waits too', guarded('object == null'), 'Gated'],
    ['that looks at the old one waits too', guarded('oldObject == null'), 'Gated'],
    [
      'of a policy that may not select the object waits too',
      guarded('true', {}, 'g', { match: { ...match, objectSelector: { matchLabels: { a: 'b' } } } }),
      'Gated',
    ],
    [
      'of a policy whose condition looks at the object waits too',
      guarded('true', {}, 'g', {
        match: { ...match, matchConditions: [{ name: 'c', expression: 'object.x == 1' }] },
      }),
      'Gated',
    ],
    [
      'of a policy whose condition is true refuses',
      guarded('true', {}, 'g', {
        match: { ...match, matchConditions: [{ name: 'c', expression: "request.name == 'web'" }] },
      }),
      'Refused Guardrail',
    ],
  ])('%s', (_, policy, expected) => {
    const attributes = updateAttributes();
    const gated = gate({ ...attributes, object: null, oldObject: null }, snapshot({ policies: [policy] }), SETTINGS, {
      class: 'Human',
      describe: () => ({ kind: 'Action', action: { operation: 'UPDATE', version: 'v1', resource: 'deployments' } }),
      contentKnown: false,
    });
    expect(gated.kind === 'Gated' ? gated.kind : `${gated.kind} ${gated.reason}`).toBe(expected);
  });
});
