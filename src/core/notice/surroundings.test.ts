import { expect, test } from 'vitest';
import { approvalPolicy, policyTerms } from '../../../test/builders/approval-policy.ts';
import { approvalRequest } from '../../../test/builders/approval-request.ts';
import type { ApprovalPolicy } from '../api/kinds.ts';
import { buildNotice } from './build-notice.ts';
import { surroundingsOf } from './surroundings.ts';

const LABELS = { 'kubernetes.io/metadata.name': 'prod', env: 'prod', team: 'shop' };

/** Of the request whose policies these are, the texts of two facts. */
function told(policies: readonly ApprovalPolicy[], labels: Readonly<Record<string, string>> = LABELS) {
  const request = approvalRequest({
    action: { ...approvalRequest().spec.action, namespace: 'prod' },
    policies: policies.map(({ metadata: { name, uid = '' } }) => ({ ...policyTerms(), name, uid })),
  });
  const surroundings = surroundingsOf(request, {
    labelsOf: (namespace) => (namespace === 'prod' ? labels : undefined),
    policyOf: (name) => policies.find(({ metadata }) => metadata.name === name),
  });
  const { facts } = buildNotice(request, { surroundings });
  const textOf = (label: string) => facts.find((fact) => fact.label === label)?.text;
  return { namespace: textOf('Namespace'), description: textOf('Description') };
}

const described = (description: string, name?: string) => approvalPolicy({ description }, name);

test('the labels of the namespace are told, but for the one that every namespace has', () => {
  expect(told([described('')]).namespace).toBe('prod (env=prod, team=shop)');
  expect(told([described('')], { 'kubernetes.io/metadata.name': 'prod' }).namespace).toBe('prod');
});

test('of many labels some are told, and how many more there are', () => {
  const many = Object.fromEntries(Array.from({ length: 9 }, (_, at) => [`l${at}`, 'x']));
  expect(told([described('')], many).namespace).toBe('prod (l0=x, l1=x, l2=x, l3=x, l4=x, and 4 labels more)');
});

test('what a policy says of itself is told, with its name where there are several', () => {
  expect(told([described('')]).description).toBeUndefined();
  expect(told([described('Shells need one SRE')]).description).toBe('Shells need one SRE');
  expect(told([described('Shells', 'a'), described('Pods', 'b')]).description).toBe('a: Shells; b: Pods');
});

test('what a policy says in several lines stands on one, and what it says with spaces alone is nothing', () => {
  expect(told([described('Shells need\none SRE.\n')]).description).toBe('Shells need ⏎ one SRE.');
  expect(told([described(' \n')]).description).toBeUndefined();
});

test('of what many policies say some is told, and of how many more there is something', () => {
  const many = Array.from({ length: 7 }, (_, at) => described('x', `p${at}`));
  expect(told(many).description).toBe('p0: x; p1: x; p2: x; p3: x; p4: x; and 2 policies more');
});

test('a policy that was made anew under the name says nothing of this request', () => {
  const request = approvalRequest({ policies: [{ ...policyTerms(), uid: 'older' }] });
  const { descriptions } = surroundingsOf(request, {
    labelsOf: () => undefined,
    policyOf: () => described('other'),
  });
  expect([...descriptions]).toEqual([]);
});
