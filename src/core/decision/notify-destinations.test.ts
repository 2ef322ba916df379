import { expect, test } from 'vitest';
import { approvalPolicy, SRE } from '../../../test/builders/approval-policy.ts';
import type { PolicySpec } from '../api/kinds.ts';
import { createPolicyCompiler } from './compile.ts';

const compile = createPolicyCompiler();

function problemsOf(spec: Partial<PolicySpec>): string[] {
  const compiled = compile(approvalPolicy(spec));
  return compiled.ready ? [] : compiled.problems.map(({ path }) => path);
}

test.each<[string, NonNullable<PolicySpec['notify']>[number], boolean]>([
  ['a channel of Slack', { kind: 'Slack', channel: '#prod-access' }, true],
  ['a channel of another alphabet', { kind: 'Slack', channel: '#運用' }, true],
  ['the id of a channel', { kind: 'Slack', channel: 'C0123ABCD' }, true],
  ['Slack without a channel', { kind: 'Slack' }, false],
  ['a channel without #', { kind: 'Slack', channel: 'prod' }, false],
  ['the name that we keep for requesters', { kind: 'Slack', channel: '@requester' }, false],
  ['an address', { kind: 'Email', channel: 'sre@example.com' }, true],
  ['the approvers by email', { kind: 'Email' }, true],
  ['two addresses', { kind: 'Email', channel: 'a@example.com,b@example.com' }, false],
  ['an address with a line end', { kind: 'Email', channel: 'a@example.com\r\nBcc: b@example.com' }, false],
  ['an address with a name', { kind: 'Email', channel: 'A <a@example.com>' }, false],
  ['a workflow of Teams', { kind: 'Teams', channel: 'ops' }, true],
  ['Teams without a name', { kind: 'Teams' }, false],
  ['a URL instead of a name', { kind: 'Webhook', channel: 'https://example.com/x' }, false],
])('%s', (_, entry, isFine) => {
  expect(problemsOf({ notify: [entry] })).toEqual(isFine ? [] : ['spec.notify[0].channel']);
});

test('destinations of stages are looked at too, and those of an escalation that never comes are refused', () => {
  const bad = [{ kind: 'Slack' as const }];
  expect(
    problemsOf({
      approval: { stages: [{ name: 'a', approvers: [SRE], notify: bad, escalateNotify: [{ kind: 'Email' }] }] },
    }),
  ).toEqual(['spec.approval.stages[0].notify[0].channel', 'spec.approval.stages[0].escalateNotify']);
});
