import { expect, test } from 'vitest';
import { approvalPolicy } from '../../test/builders/approval-policy.ts';
import { approvedStatus, requestFor } from '../../test/builders/approval-request.ts';
import { execAttributes, updateAttributes } from '../../test/builders/attributes.ts';
import { compile, gatedOf, NOW, PROD } from '../../test/builders/decision-world.ts';
import type { Attributes } from '../core/attributes/attributes.ts';
import { explainAction } from './explain-action.ts';
import { explainReport } from './explain-report.ts';
import { shortSummary, showPage } from './show-page.ts';

const request = (attributes: Attributes, allowInteractive = false) => {
  const policies = [
    approvalPolicy({
      grant: { binding: 'Scope', allowInteractive, commandPrefix: 1 },
      approval: { ...approvalPolicy().spec.approval, separation: 'Strict' },
    }),
  ];
  const gated = gatedOf(attributes, policies);
  return requestFor(gated, approvedStatus(gated, NOW + 60_000));
};

test('an approver is told of a scope of commands that it is none of one action, and whatever may follow', () => {
  const scope = request(execAttributes({}, { command: ['ls', '-l'] }));
  const page = showPage(scope, NOW);
  expect(page).toContain(
    'Scope:      not one action, but any command that begins with these words, in this container of any pod of this name\n',
  );
  expect(page).toContain('Command:    ls\n');
  expect(page).toContain('Streams:    no stdin, no terminal, no shell\n');
  expect(page).toContain('!!! You cannot see all that this allows: scope: what follows these words');
  expect(page).toContain('it is that of what is shown above');
  expect(page).toContain('Once, Scope, to be used within 15m; nobody who could act as the requester');
  expect(page).not.toContain('Target UID');
  expect(shortSummary(scope, NOW)).toContain('what:   any exec beginning with: ls on pods/web-0 (app)\n');
});

test('an approver is told that shells are covered', () => {
  const page = showPage(request(execAttributes({}, { command: ['sh'], tty: true }), true), NOW);
  expect(page).toContain('Streams:    any: stdin, terminals and shells too\n');
  expect(page).toContain('nor what is typed or run by a shell');
});

test('an approver is told of a scope of writes that any content is covered', () => {
  const scope = request(updateAttributes());
  expect(showPage(scope, NOW)).toContain(
    'Scope:      not one action, but any update of whatever has this name, with any content\n',
  );
  expect(shortSummary(scope, NOW)).toContain('    Scope:      not one action');
});

test.each([
  ['a command', execAttributes({}, { command: ['ls', '-l'] })],
  ['a write', updateAttributes()],
])('explain tells the scope that would be asked for, and its digest: %s', (_, attributes) => {
  const policy = approvalPolicy({ grant: { binding: 'Scope' } });
  const report = explainReport(explainAction(attributes, [compile(policy)], PROD));
  expect(report).toContain('Scope:      not one action, but any ');
  expect(report).toContain(`Digest:     ${gatedOf(attributes, [policy]).scope?.digest}\n`);
});

test('what was done under a scope stands beside each use', () => {
  const scope = request(execAttributes());
  const use = { id: 'd1', decision: 'd1', at: '2026-01-01T00:00:00Z', username: 'alice', summary: 'exec ls -l' };
  expect(showPage({ ...scope, status: { ...scope.status, uses: [use] } }, NOW)).toContain(
    '2026-01-01T00:00:00Z by alice: exec ls -l (decision d1)\n',
  );
});
