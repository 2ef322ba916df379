import { assert, property, string } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { countedVote } from '../../../test/builders/counted-vote.ts';
import { type Parts, execRequest } from '../../../test/builders/exec-request.ts';
import type { Blocks } from '../../../test/harness/slack/block-kit.ts';
import { messageProblems, viewProblems } from '../../../test/harness/slack/problems.ts';
import { buttonLabels, findButton, visibleText } from '../../../test/harness/slack/seen.ts';
import { HIDDEN } from '../../core/attributes/printable.ts';
import type { ApprovalRequest, PolicyTerms } from '../../core/api/kinds.ts';
import { buildNotice } from '../../core/notice/build-notice.ts';
import { slackMessage } from './blocks.ts';
import { ACTIONS, type Audience } from './blocks-actions.ts';
import { DETAILS_CONTENT, DETAILS_LINES, detailsView, reasonView } from './blocks-modal.ts';
import { parseButtonValue } from './button-value.ts';

const LINK = 'https://sallyport.example.com/requests/prod/exec-web-0';

function shown(request: ApprovalRequest, audience: Audience = 'Approvers', link?: string) {
  const notice = buildNotice(request, link === undefined ? {} : { link });
  const message = slackMessage(request, notice, audience);
  const blocks = message.blocks as Blocks;
  return { ...message, blocks, seen: visibleText(blocks), buttons: buttonLabels(blocks) };
}

function withTerms(terms: Partial<PolicyTerms['terms']>, parts: Parts = {}): ApprovalRequest {
  const request: ApprovalRequest = execRequest(parts);
  const policies = (request.spec.policies ?? []).map((policy) => ({ ...policy, terms: { ...policy.terms, ...terms } }));
  return { ...request, spec: { ...request.spec, policies } };
}

const AT = '2026-01-01T10:05:00Z';
const vote = (decision: 'Approve' | 'Deny', reason?: string) =>
  countedVote(decision, AT, reason === undefined ? {} : { reason });

describe('a request that waits', () => {
  test('for the reason that its terms require: says so, and has no Approve button until it is there', () => {
    const without = shown(withTerms({ requireReason: true }));
    expect(without.seen).toContain('It cannot be approved yet: a reason is required.');
    expect(without.seen).toContain('kubectl sallyport reason prod/exec-web-0');
    expect(without.buttons).not.toContain('Approve');
    const given = shown(withTerms({ requireReason: true }, { spec: { reason: 'INC-99' } }));
    expect(given.seen).not.toContain('cannot be approved yet');
    expect(given.buttons).toContain('Approve');
  });

  test('says who, what, where, why, how long and by which policy', () => {
    const { seen } = shown(execRequest({ spec: { reason: 'INC-42 is on fire', ticket: 'INC-42' } }));
    for (const said of [
      'alice wants to exec in prod/web-0',
      'alice (human)',
      'ls "/a b"',
      'INC-42 is on fire',
      '2026-01-01 10:15:00 UTC',
      'prod-shells: 1 of',
      '0 of 1 in stage oncall',
    ])
      expect(seen).toContain(said);
  });

  test('can be approved after a second look, denied, and looked at', () => {
    const { blocks, buttons } = shown(execRequest());
    expect(buttons).toEqual(['Approve', 'Deny…', 'Details']);
    expect(findButton(blocks, 'Approve')?.button.confirm?.text.text).toContain('alice wants to exec in prod/web-0');
  });

  test('its buttons carry the uid and digest that were shown [R20]', () => {
    const request = execRequest();
    const { blocks } = shown(request);
    expect(parseButtonValue(findButton(blocks, ACTIONS.approve)?.button.value ?? '')).toEqual({
      namespace: 'prod',
      name: 'exec-web-0',
      uid: 'uid-of-exec-web-0',
      digest: request.spec.digest,
    });
  });

  test('shows no approval to its requester, who may withdraw it', () => {
    expect(shown(execRequest(), 'Requester').buttons).toEqual(['Withdraw', 'Details']);
  });

  test('offers break-glass to its requester where a policy has it', () => {
    const request = withTerms({ breakGlass: { subjects: [{ kind: 'User', name: 'alice' }], maxWindowSeconds: 60 } });
    expect(shown(request, 'Requester').buttons).toContain('Break glass…');
    expect(shown(request).buttons).not.toContain('Break glass…');
  });

  test('whose policy wants the console opens it instead of approving', () => {
    const { blocks, buttons } = shown(withTerms({ minAssurance: 'Console' }), 'Approvers', LINK);
    expect(buttons).toEqual(['Approve in the console', 'Deny…', 'Details']);
    expect(findButton(blocks, ACTIONS.open)?.button).toMatchObject({ url: LINK });
    expect(findButton(blocks, ACTIONS.approve)).toBeUndefined();
  });

  test.each(['Console', 'Kubernetes'] as const)('whose policy wants %s says the command', (minAssurance) => {
    const { buttons, seen } = shown(withTerms({ minAssurance }));
    expect(buttons).toEqual(['Deny…', 'Details']);
    expect(seen).toContain('kubectl sallyport approve prod/exec-web-0');
  });

  test('without a stamp has no buttons: there is nothing to vote on', () => {
    const request: ApprovalRequest = execRequest();
    delete request.spec.digest;
    expect(shown(request).buttons).toEqual([]);
  });
});

describe('a request later', () => {
  test('approved: who, when, and that it can be revoked', () => {
    const { seen, buttons } = shown(execRequest({ status: { state: 'Approved', votes: [vote('Approve')] } }));
    expect(seen).toContain('Approved by bob via Slack, 2026-01-01 10:05:00 UTC');
    expect(buttons).toEqual(['Revoke…', 'Details']);
  });

  test('denied: who, when and why, and no buttons', () => {
    const status = { state: 'Denied' as const, votes: [vote('Deny', 'not on a Friday')], endedAt: AT };
    const { seen, buttons } = shown(execRequest({ status }));
    expect(seen).toContain('Denied by bob via Slack: not on a Friday, 2026-01-01 10:05:00 UTC');
    expect(buttons).toEqual([]);
  });

  test('used: by whom and when, and no buttons', () => {
    const uses = [{ id: 'u', decision: 'd', at: '2026-01-01T10:06:00Z', username: 'alice' }];
    const votes = [vote('Approve')];
    const { seen, buttons } = shown(
      execRequest({ status: { state: 'Consumed', votes, uses, endedAt: '2026-01-01T10:06:00Z' } }),
    );
    expect(seen).toContain('Used by alice, 2026-01-01 10:06:00 UTC');
    expect(buttons).toEqual([]);
  });

  test('used without approval: it can be reviewed', () => {
    const conditions = [
      { type: 'BreakGlass', status: 'True' as const, lastTransitionTime: AT, reason: 'BreakGlass', message: 'x' },
    ];
    expect(shown(execRequest({ status: { state: 'Consumed', conditions } })).buttons).toEqual(['Mark as reviewed…']);
  });
});

const HOSTILE = [
  '<!channel> <!here> <@U012AB3CD> <#C0123> <!subteam^S0123>',
  '<https://evil.example|click here> https://evil.example [a](javascript:alert(1))',
  '*bold* _it_ ~gone~ `code` ```end``` > quote',
  '```\n*Approved by bob*\n```',
  '&lt;!channel&gt; &amp;lt;!everyone&amp;gt;',
  ':white_check_mark: @channel @everyone',
  '\u{202E}drowssap\u{202C} a\u{200B}b \u{1B}[31mred\u{7} \u{2066}x',
  '<script>alert(1)</script><img src=x onerror=alert(1)>',
  '"}],"value":"x',
];

/** The same text in every place where somebody can put one. */
function saying(text: string): ApprovalRequest {
  return execRequest({
    action: { name: text, namespace: text, exec: { container: text, command: ['sh', '-c', text, text] } },
    spec: {
      requester: { username: text, person: text, owner: text, class: 'Agent' },
      reason: text,
      ticket: text,
      unbounded: text,
    },
    status: { votes: [{ ...vote('Approve', text), username: text, person: text }] },
  });
}

describe('what comes from outside stays text', () => {
  test.each(HOSTILE)('%s', (text) => {
    const request = saying(text);
    for (const audience of ['Approvers', 'Requester'] as const) {
      const message = shown(request, audience);
      expect(messageProblems(message)).toEqual([]);
      expect(message.seen.replaceAll('\n', '')).not.toMatch(HIDDEN);
    }
    const notice = buildNotice(request, { limits: { content: DETAILS_CONTENT, contentLines: DETAILS_LINES } });
    expect(viewProblems(detailsView(notice))).toEqual([]);
    expect(viewProblems(reasonView('Deny', notice.title, 'x'))).toEqual([]);
  });

  test('a code fence in a command is read as it will run', () => {
    const { seen } = shown(execRequest({ action: { exec: { command: ['echo', '```', '*x*'] } } }));
    expect(seen).toContain('echo "```" "*x*"');
  });

  test('any text at all is within the limits', () => {
    assert(
      property(string({ unit: 'binary', maxLength: 6_000 }), (text) => {
        const { text: fallback, blocks } = slackMessage(saying(text), buildNotice(saying(text)), 'Approvers');
        expect(messageProblems({ text: fallback, blocks })).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });
});

describe('what is large is cut, and said to be', () => {
  test('a command of 100 arguments', () => {
    const command = Array.from({ length: 100 }, (_, index) => `--argument-${index}=${'x'.repeat(100)}`);
    const message = shown(execRequest({ action: { exec: { command } } }));
    expect(messageProblems(message)).toEqual([]);
    expect(message.seen).toMatch(/✂ .*(more|not shown|omitted|cut|of)/);
    expect(message.seen).toContain('kubectl sallyport show prod/exec-web-0');
  });

  test('an object of 6 MB', () => {
    const data = Object.fromEntries(Array.from({ length: 6_000 }, (_, index) => [`key-${index}`, 'x'.repeat(1_000)]));
    const request: ApprovalRequest = execRequest({
      action: { operation: 'CREATE', resource: 'configmaps', object: { kind: 'ConfigMap', data } },
    });
    delete request.spec.action.exec;
    delete request.spec.action.subresource;
    const began = performance.now();
    const message = shown(request);
    expect(performance.now() - began).toBeLessThan(1_000);
    expect(messageProblems(message)).toEqual([]);
    expect(JSON.stringify(message.blocks).length).toBeLessThan(13_000);
    expect(message.seen).toContain('✂');
    const notice = buildNotice(request, { limits: { content: DETAILS_CONTENT, contentLines: DETAILS_LINES } });
    expect(viewProblems(detailsView(notice))).toEqual([]);
  });

  test('a long story: the newest of it', () => {
    const votes = Array.from({ length: 30 }, (_, index) => ({
      ...vote('Approve'),
      username: `bob-${index}`,
      uid: `${index}`,
    }));
    const message = shown(execRequest({ status: { votes } }));
    expect(messageProblems(message)).toEqual([]);
    expect(message.seen).toContain('earlier events');
    expect(message.seen).toContain('bob-29');
  });
});
