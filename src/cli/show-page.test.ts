import { describe, expect, it, test } from 'vitest';
import { breakableWindow, brokenGlass } from '../../test/builders/broken-glass.ts';
import { execRequest } from '../../test/builders/exec-request.ts';
import { requestTable } from './request-table.ts';
import { FENCE, FENCE_NAME } from '../core/attributes/fence-action.ts';
import { outcomeText } from './outcome-text.ts';
import { showPage, shortSummary } from './show-page.ts';

const NOW = Date.parse('2026-01-01T10:01:00Z');

describe('the page that an approver reads', () => {
  it('has everything of a plain exec', () => {
    const request = execRequest({
      spec: { reason: 'INC-7: look\n\nDigest\n' },
      status: {
        votes: [
          {
            uid: 'v',
            name: 'v',
            person: 'carol',
            username: 'carol',
            decision: 'Approve',
            via: 'Kubernetes',
            at: '2026-01-01T10:00:30Z',
            reason: 'ok',
          },
        ],
      },
    });
    const digest = request.spec.digest;
    expect(showPage(request, NOW)).toBe(`Approval request prod/exec-web-0

State
  Pending (0/1), until 10:15:00 UTC (in 14m)
  asked 2026-01-01T10:00:00Z (60s ago)

Who
  User:       alice
  Groups:     developers
  Class:      Human

What
  Operation:  CONNECT pods/exec (v1)
  Target:     web-0 in namespace prod
  Target UID: pod-uid
  Container:  app
  Command:    ls "/a b"
  Streams:    no stdin, no terminal

Why
  Reason:
    | INC-7: look
    | 
    | Digest

Approval
  policy prod-shells (generation 2; Once, Exact, to be used within 15m)
    stage oncall: 0/1 of group sre
  Missing: 1 of group sre

Votes
  2026-01-01T10:00:30Z Approve by carol via Kubernetes: ok

Digest
  ${digest.slice(0, 19)}: it is that of what is shown above
  ${digest}

To approve what is shown here, and nothing else:
  kubectl sallyport approve prod/exec-web-0 --digest ${digest}

To refuse it:
  kubectl sallyport deny prod/exec-web-0 -r REASON
`);
  });

  it('shows a command of several lines line by line, and nothing that hides', () => {
    const page = showPage(execRequest({ action: { exec: { command: ['sh', '-c', 'ls\nrm \u202e-rf\n'] } } }), NOW);
    expect(page).toContain(`  Command:    sh -c "ls\\nrm \\u{202e}-rf\\n"
    argument 3, line by line:
    | ls
    | rm \\u{202e}-rf
`);
  });

  it('shows changes as old → new and tells nothing from null', () => {
    const changes = [
      { path: '/spec/replicas', old: '3', new: '0' },
      { path: '/x', new: 'null' },
    ];
    const { exec, ...rest } = execRequest().spec.action;
    const page = showPage(
      execRequest({ spec: { action: { ...rest, operation: 'UPDATE', resource: 'deployments', changes } } }),
      NOW,
    );
    expect(page).toContain('  Changes:\n    /spec/replicas: 3 → 0\n    /x: (nothing) → null\n');
  });

  it('says who was told, and whom nobody could tell', () => {
    const notifications = [
      { channel: 'Slack #prod-access', told: ['Asked', 'Escalated'], at: '2026-01-01T10:00:30Z', handle: 'C1/1.2' },
      { channel: 'Email \u001B[2J', triedAt: '2026-01-01T10:00:30Z', problem: 'connection refused' },
    ];
    expect(showPage(execRequest({ status: { notifications } }), NOW)).toContain(`
Told
  Slack #prod-access: told of Asked, Escalated, 30s ago
  Email \\u{1b}[2J: not told yet; it cannot be told: connection refused
`);
  });

  it('shows an object as YAML, marked as foreign text', () => {
    const page = showPage(
      execRequest({ action: { object: { kind: 'Pod', metadata: { annotations: { a: 'x\u200by' } } } } }),
      NOW,
    );
    expect(page).toContain(
      '  Object:\n    | kind: Pod\n    | metadata:\n    |   annotations:\n    |     a: "x\\U0000200by"\n',
    );
  });
});

describe('a window', () => {
  const window = execRequest().spec.policies.map((policy) => ({
    ...policy,
    terms: {
      ...policy.terms,
      grant: { type: 'Window', binding: 'Exact', useWithinSeconds: 900, windowSeconds: 1800, maxUses: 10 } as const,
    },
  }));

  it('says before the approval how much it grants', () => {
    const request = execRequest({ spec: { policies: window, duration: '20m' } });
    const grants = '10 uses within 20m of the approval, the first within 15m';
    expect(showPage(request, NOW)).toContain(`  Grants: ${grants}\n`);
    expect(showPage(request, NOW)).toContain('Window of 30m, 10 uses, Exact, to be used within 15m)');
    expect(shortSummary(request, NOW)).toContain(`  grants: ${grants}\n`);
  });

  it('says how often it was used, and until when it holds', () => {
    const uses = [{ id: 'd1', decision: 'd1', at: '2026-01-01T10:00:50Z', username: 'alice', repeats: 2 }];
    const request = execRequest({ spec: { policies: window }, status: { state: 'Approved', approvals: '1/1', uses } });
    const page = showPage(request, NOW);
    expect(page).toContain('  Approved (1/1), used 1/10, until 10:15:00 UTC (in 14m)\n');
    expect(page).toContain('  2026-01-01T10:00:50Z by alice (decision d1, reviewed 2 times more)\n');
    expect(requestTable([request], { namespaces: false, wide: false }, NOW)).toContain(
      '   Approved, used 1/10   in 14m ',
    );
  });
});

test('after a break-glass it says what that gives, and why it was done', () => {
  const request = execRequest({ spec: { policies: [breakableWindow()] } });
  expect(shortSummary(request, NOW)).toContain('  grants: 5 uses within 30m');
  expect(shortSummary(request, NOW, 'BreakGlass')).toContain('  grants: one use, within 10m of the break-glass\n');
  const page = showPage(brokenGlass(request, NOW), NOW);
  expect(page).toContain('  Approved (break-glass), used 0/1, until');
  expect(page).toContain('  Grants: one use, within 10m of the break-glass\n');
  expect(page).toContain('  Break-glass:\n    | the shop is down\n');
});

test('an approved opening of the fence is open: there is nothing to run', () => {
  const { group, resource, subresource } = FENCE;
  const status = { state: 'Approved', approvals: '1/1' } as const;
  const request = execRequest({ action: { group, resource, subresource, name: FENCE_NAME }, status });
  expect(outcomeText(request, NOW)).toMatch(/ is Approved \(1\/1\); the fence is open until 10:15:00 UTC /);
});

describe('warnings stand at the top', () => {
  it.each([
    [
      'a digest of something else',
      execRequest({ spec: { digest: `sha256:${'0'.repeat(64)}` } }),
      'THE DIGEST IS NOT THAT OF WHAT IS SHOWN HERE (shown: sha256:',
    ],
    ['no digest', withoutDigest(), 'Sallyport has not stamped this request. It cannot be approved.'],
    [
      'a terminal, even where nobody stamped that',
      execRequest({ action: { exec: { command: ['sh'], tty: true } } }),
      'You cannot see all that this allows: exec with stdin or a terminal: what is typed is not known beforehand.',
    ],
    [
      'an action that is not kept whole',
      execRequest({ action: { omitted: '3 of 9 changes are too large to keep' } }),
      'Not all of it is shown: 3 of 9 changes are too large to keep.',
    ],
    [
      'an impersonated requester',
      execRequest({ spec: { requester: { username: 'alice', impersonated: true } } }),
      'The requester was impersonated by somebody else.',
    ],
  ])('%s', (_, request, warning) => {
    expect(showPage(request, NOW).split('\n')[2]).toContain(`!!! ${warning}`);
    expect(shortSummary(request, NOW)).toContain(`!!! ${warning}`);
  });

  it('a request with a wrong digest is not offered for approval', () => {
    const page = showPage(execRequest({ spec: { digest: `sha256:${'0'.repeat(64)}` } }), NOW);
    expect(page).toContain('IT IS NOT THAT OF WHAT IS SHOWN ABOVE');
    expect(page).not.toContain('sallyport approve');
  });

  it('a digest over what is not kept is said to be unchecked', () => {
    expect(showPage(execRequest({ action: { omitted: 'much' } }), NOW)).toContain(
      ': not checked, part of it is not kept',
    );
  });
});

function withoutDigest() {
  const request = execRequest();
  const { digest, ...spec } = request.spec;
  return { ...request, spec };
}
