import { describe, expect, it, test } from 'vitest';
import { breakableWindow, brokenGlass } from '../../../test/builders/broken-glass.ts';
import { approvalRequest } from '../../../test/builders/approval-request.ts';
import { writtenExec } from '../../../test/builders/exec-action.ts';
import { execRequest, type Parts } from '../../../test/builders/exec-request.ts';
import type { Action } from '../api/kinds.ts';
import { HIDDEN } from '../attributes/printable.ts';
import { buildNotice, requestLink } from './build-notice.ts';
import { breakGlassText } from './window-text.ts';
import type { Notice } from './notice.ts';
import { NOTICE_LIMITS, SENTENCE_LIMIT, TITLE_LIMIT } from './notice-limits.ts';

const command = (...words: readonly string[]): Parts => ({
  action: { exec: { container: 'app', command: [...words] } },
});

const fact = (notice: Notice, label: string) => notice.facts.find((each) => each.label === label)?.text;

const writing = (action: Partial<Action>) => {
  const { exec: _exec, subresource: _subresource, ...rest } = execRequest().spec.action;
  return execRequest({ spec: { action: { ...rest, resource: 'deployments', group: 'apps', name: 'web', ...action } } });
};

describe('what people are told of a request', () => {
  it('says who, what, where, why, how long and how far of an exec', () => {
    const notice = buildNotice(execRequest({ spec: { reason: 'INC-7: look', ticket: 'INC-7' } }), {
      link: 'https://c/r',
    });
    expect(notice).toEqual({
      state: 'Pending',
      title: 'alice wants to exec in prod/web-0',
      facts: [
        { label: 'Requester', text: 'alice (human)' },
        { label: 'Action', text: 'exec' },
        { label: 'Target', text: 'pods/web-0' },
        { label: 'Namespace', text: 'prod' },
        { label: 'Container', text: 'app' },
        { label: 'Policy', text: 'prod-shells: 1 of group sre' },
        { label: 'Reason', text: 'INC-7: look' },
        { label: 'Ticket', text: 'INC-7' },
        { label: 'Grants', text: 'one use, within 15m of the approval' },
        { label: 'Expires', text: '2026-01-01 10:15:00 UTC' },
        { label: 'Progress', text: '0 of 1 in stage oncall; missing: 1 of group sre' },
        { label: 'Request', text: 'prod/exec-web-0' },
      ],
      content: { kind: 'Command', text: 'ls "/a b"' },
      warnings: [],
      link: 'https://c/r',
      history: [{ at: '2026-01-01T10:00:00Z', text: 'asked by alice' }],
      expiresAt: '2026-01-01T10:15:00Z',
    });
  });

  it('shows where a line of the reason ends, and what hides in it', () => {
    const notice = buildNotice(execRequest({ spec: { reason: 'INC-7\nlook\u202e\n' } }));
    expect(fact(notice, 'Reason')).toBe('INC-7 ⏎ look\\u{202e}');
  });

  it('names the class of a workload, and an agent with its owner', () => {
    const named = (requester: NonNullable<Parts['spec']>['requester']) =>
      fact(buildNotice(execRequest({ spec: requester === undefined ? {} : { requester } })), 'Requester');
    expect(named({ username: 'system:serviceaccount:ci:deployer', class: 'ServiceAccount' })).toBe(
      'system:serviceaccount:ci:deployer (workload or CI, a ServiceAccount)',
    );
    expect(named({ username: 'alice', class: 'Human', person: 'alice@example.com' })).toBe(
      'alice (human), who is alice@example.com',
    );
    expect(named({ username: 'helper', class: 'Agent', owner: 'bob' })).toBe('helper (agent of bob)');
  });

  it('says of an impersonated requester so, twice', () => {
    const notice = buildNotice(
      execRequest({ spec: { requester: { username: 'alice', class: 'Human', impersonated: true } } }),
    );
    expect(fact(notice, 'Requester')).toBe('alice (human), impersonated by somebody else');
    expect(notice.warnings).toContain('The requester was impersonated by somebody else.');
  });

  it('warns of a shell, and of stdin', () => {
    expect(buildNotice(execRequest(command('sh'))).warnings.join()).toContain('sh is a shell');
    const typed = execRequest({ action: { exec: { command: ['ls'], stdin: true, tty: true } } });
    expect(buildNotice(typed).warnings.join()).toContain('what is typed is not known beforehand');
    expect(fact(buildNotice(typed), 'Action')).toBe('exec -it');
  });

  it('warns of a digest that is not that of the content', () => {
    expect(buildNotice(execRequest({ spec: { digest: `sha256:${'0'.repeat(64)}` } })).warnings[0]).toMatch(
      /^THE DIGEST/,
    );
  });

  it('says of a scope that it is none of one action', () => {
    const notice = buildNotice(execRequest({ spec: { action: { binding: 'Scope', ...writtenExec(['ls']) } } }));
    expect(notice.title).toBe('alice wants to exec (a scope of commands) in prod/web-0');
    expect(fact(notice, 'Scope')).toMatch(/^not one action, but any command that begins with these words/);
  });

  it('tells of a break-glass that nobody has acknowledged', () => {
    const status = {
      conditions: [
        {
          type: 'BreakGlass',
          status: 'True' as const,
          reason: 'BrokenByRequester',
          message: 'alice broke the glass of prod-shells: outage',
          lastTransitionTime: '2026-01-01T10:01:00Z',
        },
      ],
    };
    expect(buildNotice(execRequest({ status })).warnings).toContain(
      'Without approval: alice broke the glass of prod-shells: outage; not acknowledged yet.',
    );
  });

  it('tells what a broken glass gives and why it was broken, not what an approval would have given', () => {
    const request = execRequest({ spec: { policies: [breakableWindow()], reason: 'INC-7' } });
    expect(fact(buildNotice(request), 'Grants')).toMatch(/^5 uses within 30m of the approval/);
    expect(breakGlassText(request)).toBe('one use, within 10m of the break-glass');
    const after = brokenGlass(request, Date.parse('2026-01-01T10:01:00Z'));
    expect(fact(buildNotice(after), 'Grants')).toBe('one use, within 10m of the break-glass');
    expect(fact(buildNotice(after), 'Break-glass reason')).toBe('the shop is down');
    expect(fact(buildNotice(after), 'Reason')).toBe('INC-7');
  });

  it('tells on one line why a glass was broken, however many the reason has', () => {
    const request = execRequest({ spec: { policies: [breakableWindow()] } });
    const notice = buildNotice(brokenGlass(request, Date.parse('2026-01-01T10:01:00Z'), 'the shop\nis down\n'));
    expect(fact(notice, 'Break-glass reason')).toBe('the shop ⏎ is down');
    expect(notice.warnings).toContain(
      'Without approval: alice broke the glass of prod-shells: the shop ⏎ is down; not acknowledged yet.',
    );
  });

  it('tells the story in order: asked, escalated, voted, approved, used', () => {
    const notice = buildNotice(
      execRequest({
        status: {
          state: 'Consumed',
          endedAt: '2026-01-01T10:06:00Z',
          stages: [
            { policy: 'prod-shells', name: 'oncall', approved: 1, required: 1, escalatedAt: '2026-01-01T10:02:00Z' },
          ],
          votes: [
            {
              uid: 'v',
              name: 'v',
              person: 'carol@example.com',
              username: 'carol',
              decision: 'Approve',
              via: 'Slack',
              at: '2026-01-01T10:05:00Z',
              reason: 'fine\nfor now',
            },
          ],
          conditions: [
            {
              type: 'Approved',
              status: 'True',
              reason: 'QuorumReached',
              message: 'approved by carol',
              lastTransitionTime: '2026-01-01T10:05:00Z',
            },
            {
              type: 'Consumed',
              status: 'True',
              reason: 'Used',
              message: 'used by alice',
              lastTransitionTime: '2026-01-01T10:06:00Z',
            },
          ],
          uses: [{ id: 'd', decision: 'd', at: '2026-01-01T10:06:00Z', username: 'alice' }],
        },
      }),
    );
    expect(notice.history.map(({ text }) => text)).toEqual([
      'asked by alice',
      'escalated: stage oncall of policy prod-shells was not approved in time;  may approve too',
      'approved by carol@example.com (carol) via Slack: fine ⏎ for now',
      'all approvals are there',
      'used by alice',
      'consumed: used by alice',
    ]);
    expect(fact(notice, 'Ended')).toBe('2026-01-01 10:06:00 UTC');
  });
});

describe('the content', () => {
  it('of an update is each path with the old and the new value', () => {
    const changes = [
      { path: '/spec/replicas', old: '3', new: '0' },
      { path: '/x', new: 'null' },
      { path: '/any' },
      { path: '/image', old: `"${'a'.repeat(60)}"`, new: `"${'b'.repeat(60)}"` },
    ];
    expect(buildNotice(writing({ operation: 'UPDATE', changes })).content).toEqual({
      kind: 'Diff',
      text: `/spec/replicas: 3 → 0\n/x: (nothing) → null\n/any: any value\n/image:\n  - "${'a'.repeat(60)}"\n  + "${'b'.repeat(60)}"`,
    });
  });

  const hmac = `hmac-sha256:${'ab'.repeat(32)}`;

  it('never has what stands for the value of a Secret, and hides the same text nowhere else', () => {
    const changes = [{ path: '/data/key', old: `"${hmac}"`, new: `"${hmac}"` }];
    const secret = { resource: 'secrets', group: '' } as const;
    expect(buildNotice(writing({ ...secret, operation: 'UPDATE', changes })).content?.text).toBe(
      '/data/key: "(secret)" → "(secret)"',
    );
    expect(buildNotice(writing({ operation: 'UPDATE', changes })).content?.text).toContain(hmac);
    const object = { kind: 'Secret', data: { key: hmac } };
    expect(buildNotice(writing({ ...secret, operation: 'CREATE', object })).content?.text).toBe(
      'kind: Secret\ndata:\n  key: (secret)',
    );
    expect(buildNotice(writing({ operation: 'CREATE', object })).content?.text).toContain(hmac);
  });

  it('hides nothing that somebody writes like a value of a Secret', () => {
    const object = { kind: 'Secret', metadata: { annotations: { run: `${hmac} and more` } } };
    const { content } = buildNotice(writing({ resource: 'secrets', group: '', operation: 'CREATE', object }));
    expect(content?.text).toContain(`${hmac} and more`);
  });

  it('warns of what is cut because hidden characters before it take all the room', () => {
    const changes = [{ path: '/a', old: '"x"', new: `"${'\u200b'.repeat(100)}rm"` }];
    const { content, warnings } = buildNotice(writing({ operation: 'UPDATE', changes }));
    expect(content?.omitted).toBe('1 of the changes cut short');
    expect(warnings.at(-1)).toContain('does not show all of it');
  });

  it('of a created object is YAML with what it does before what it is called', () => {
    const object = {
      kind: 'Deployment',
      metadata: { name: 'web', annotations: { a: 'x\u200by' } },
      spec: { replicas: 1 },
    };
    expect(buildNotice(writing({ operation: 'CREATE', object })).content?.text).toBe(
      'kind: Deployment\nspec:\n  replicas: 1\nmetadata:\n  name: web\n  annotations:\n    a: "x\\U0000200by"',
    );
  });

  it('shows a script line by line below the command', () => {
    expect(buildNotice(execRequest(command('sh', '-c', 'ls\nrm x'))).content?.text).toBe(
      'sh -c "ls\\nrm x"\nargument 3, line by line:\n  | ls\n  | rm x',
    );
  });

  it('keeps the boundaries of words, and makes what hides visible', () => {
    expect(
      buildNotice(execRequest(command('rm', 'a b', '', '\u202egnp', 'z\u200bero', '\\u{202e}'))).content?.text,
    ).toBe(String.raw`rm "a b" "" "\u{202e}gnp" "z\u{200b}ero" "\\u{202e}"`);
  });

  it('of a hundred arguments says how many are not shown, and warns', () => {
    const notice = buildNotice(
      execRequest(command(...Array.from({ length: 100 }, (_, at) => `${at}-${'x'.repeat(396)}`))),
    );
    expect(notice.content?.omitted).toBe('… 94 more of 100 arguments');
    expect(notice.content?.text.length).toBeLessThanOrEqual(NOTICE_LIMITS.content);
    expect(notice.warnings.at(-1)).toContain('does not show all of it');
  });

  it('of one long argument says outside of its quotes that it is cut, and shows the next', () => {
    const notice = buildNotice(execRequest(command('echo', 'x'.repeat(9000), 'end')));
    expect(notice.content?.text).toBe(`echo "${'x'.repeat(600)}"… (cut, of 9,000 characters) end`);
    expect(notice.content?.omitted).toBe('1 of the arguments cut short');
    expect(notice.warnings.at(-1)).toContain('does not show all of it');
  });

  it('of 6 MB is bounded, quick, and says that there is more', () => {
    const data = Object.fromEntries(Array.from({ length: 6000 }, (_, at) => [`key-${at}`, 'x'.repeat(1000)]));
    const started = performance.now();
    const { content, warnings } = buildNotice(writing({ operation: 'CREATE', object: { kind: 'ConfigMap', data } }));
    expect(performance.now() - started).toBeLessThan(1000);
    expect(content?.text.length).toBeLessThanOrEqual(NOTICE_LIMITS.content);
    expect(content?.omitted).toMatch(
      /^… \d+ more of \d+ lines; … 5,\d+ more parts of a large object; \d+ of the values cut short$/,
    );
    expect(warnings.at(-1)).toContain('kubectl sallyport show prod/exec-web-0');
  });

  it('of a single huge line is its beginning', () => {
    const changes = [{ path: '/a', old: `"${'x'.repeat(8000)}"`, new: `"${'y'.repeat(8000)}"` }];
    const { content } = buildNotice(writing({ operation: 'UPDATE', changes }), { limits: { content: 500 } });
    expect(content?.text.length).toBeLessThanOrEqual(500);
    expect(content?.omitted).toBe('1 of the changes cut short');
  });
});

test('nothing that hides, and nothing that is longer than said, is in any text of a hostile request', () => {
  const evil = `\u001b[2J\u202e\u200b\u2066\r\n${'A'.repeat(5000)}\u{e0041}`;
  const notice = buildNotice(
    execRequest({
      action: { name: evil, namespace: evil, exec: { container: evil, command: [evil] } },
      spec: {
        reason: evil,
        ticket: evil,
        unbounded: evil,
        requester: { username: evil, person: evil, owner: evil, class: 'Agent' },
      },
      status: {
        votes: [
          {
            uid: 'v',
            name: 'v',
            person: evil,
            username: evil,
            decision: 'Deny',
            via: evil,
            at: '2026-01-01T10:05:00Z',
            reason: evil,
          },
        ],
      },
    }),
  );
  const note = 40;
  expect(notice.title.length).toBeLessThanOrEqual(TITLE_LIMIT + note);
  for (const { text } of notice.facts) expect(text.length).toBeLessThanOrEqual(NOTICE_LIMITS.fact + note);
  for (const text of [...notice.warnings, ...notice.history.map((entry) => entry.text)])
    expect(text.length).toBeLessThanOrEqual(SENTENCE_LIMIT + note);
  const lines = JSON.stringify(notice).replaceAll(String.raw`\n`, '');
  expect(lines.search(HIDDEN)).toBe(-1);
  expect([notice.title, ...notice.facts.map(({ text }) => text), ...notice.warnings].join('').search(HIDDEN)).toBe(-1);
});

test('a history that is long begins with how much is left out', () => {
  const votes = Array.from({ length: 30 }, (_, at) => ({
    uid: `v${at}`,
    name: 'v',
    person: 'p',
    username: 'p',
    decision: 'Approve' as const,
    via: 'Slack',
    at: '2026-01-01T10:05:00Z',
  }));
  const { history } = buildNotice(execRequest({ status: { votes } }));
  expect(history).toHaveLength(NOTICE_LIMITS.history + 1);
  expect(history[0]?.text).toBe('… 11 earlier events');
});

test('a request without status and terms is told of all the same', () => {
  const { metadata, ...rest } = approvalRequest({ policies: [] });
  expect(fact(buildNotice({ ...rest, metadata }), 'Policy')).toBe('none is stamped on it: it cannot be approved');
});

test('a link leads to the request below the URL of the console', () => {
  expect(requestLink('https://console.example.com/', execRequest())).toBe(
    'https://console.example.com/requests/prod/exec-web-0',
  );
});
