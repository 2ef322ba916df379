import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { auditEvent, writeEvent } from '../../../test/builders/audit-event.ts';
import { approvalPolicy } from '../../../test/builders/approval-policy.ts';
import { AUDIT_LOG_POLICY, auditLog } from '../../../test/builders/audit-log.ts';
import { compile } from '../../../test/builders/decision-world.ts';
import type { ApprovalPolicy } from '../../core/api/kinds.ts';
import { createBacktest } from '../../core/backtest/backtest.ts';
import type { ReadyPolicy } from '../../core/decision/compile.ts';
import { createPrefilter } from './prefilter.ts';

function ready(policy: ApprovalPolicy): ReadyPolicy {
  const compiled = compile(policy);
  if (!compiled.ready) throw new Error(JSON.stringify(compiled.problems));
  return compiled;
}

const EXEC = ready(approvalPolicy());
const bytes = (event: object | string) => Buffer.from(typeof event === 'string' ? event : JSON.stringify(event));
const mayMatch = (event: object | string, policy = EXEC) => createPrefilter([policy])(bytes(event));

describe('a line that is left out', () => {
  const out: Record<string, object> = {
    'is a read': auditEvent({ objectRef: { resource: 'pods', namespace: 'prod', name: 'web-0' } }),
    'is only received': auditEvent({ stage: 'RequestReceived' }),
    'is of another resource': writeEvent('update', { objectRef: { resource: 'leases', name: 'a' } }),
    'is a record of something else': {
      seq: 7,
      prev: '0'.repeat(64),
      time: '2026-11-20T10:00:00.000Z',
      kind: 'Vote',
      id: 'vote/1',
      data: { a: '"exec"' },
    },
  };
  test.each(Object.entries(out))('%s', (_, event) => {
    expect(mayMatch(event)).toBe(false);
  });
});

describe('a line that is looked at', () => {
  const exec = JSON.stringify(auditEvent());
  const record = (event: object) => ({
    seq: 7,
    prev: 'a'.repeat(64),
    time: '2026-11-20T10:00:00.000Z',
    kind: 'AuditEvent',
    id: 'event/1',
    data: event,
  });
  const looked: Record<string, object | string> = {
    'is a stream over WebSocket': auditEvent(),
    'is one in the ledger': record(auditEvent()),
    'is a write of what a policy names': writeEvent('delete'),
    'is an eviction of what a policy names': auditEvent({
      verb: 'create',
      objectRef: { resource: 'pods', subresource: 'eviction', name: 'a' },
    }),
    'has its fields in another order': JSON.stringify(Object.fromEntries(Object.entries(auditEvent()).reverse())),
    'spells a letter otherwise': exec.replaceAll('"pods"', String.raw`"p\u006fds"`),
    'has an Audit-ID with an escape': exec.replace(
      /"auditID":"[^"]*"/,
      String.raw`"auditID":"\"stage\":\"RequestReceived\""`,
    ),
    'is cut off': exec.slice(0, 300),
    'is a read that is cut off at its end': JSON.stringify(auditEvent({ verb: 'list', objectRef: {} })).slice(0, -2),
    'is cut off behind a brace': exec.slice(0, exec.indexOf('"sourceIPs"') - 1),
    'is two of which one is cut off': exec.slice(0, 300) + JSON.stringify(writeEvent('update', { objectRef: {} })),
    'is no event': '{"kind":"Pod"}',
    'is no JSON': 'E1120 10:00:00 main.go:1] started',
  };
  test.each(Object.entries(looked))('%s', (_, event) => {
    expect(mayMatch(event)).toBe(true);
  });

  test('is of any resource where a policy names all of them', () => {
    const match = {
      resourceRules: [{ apiGroups: ['apps'], apiVersions: ['*'], operations: ['DELETE'], resources: ['*'] }],
    };
    const anything = writeEvent('delete', { objectRef: { resource: 'flowers', name: 'rose' } });
    expect(mayMatch(anything, ready(approvalPolicy({ match } as never)))).toBe(true);
  });
});

test('nothing that is left out would have counted, whatever the event and the policy say', () => {
  const words = fc.constantFrom(
    'pods',
    'deployments',
    'exec',
    'attach',
    'proxy',
    'status',
    'get',
    'create',
    'delete',
    '',
  );
  const policies = [EXEC, ready(AUDIT_LOG_POLICY as unknown as ApprovalPolicy)];
  fc.assert(
    fc.property(
      words,
      words,
      words,
      fc.string({ unit: 'binary' }),
      fc.boolean(),
      (verb, resource, subresource, text, ledger) => {
        const event = auditEvent({
          verb,
          auditID: text,
          requestURI: `/${text}"verb":"list"`,
          userAgent: text,
          objectRef: { resource, subresource, namespace: 'prod', name: text },
        });
        const backtest = createBacktest({ policies, namespace: () => undefined, person: (name) => name });
        if (backtest.see(event) !== 'Counted') return;
        const line = ledger ? { seq: 1, prev: 'a', time: 'b', kind: 'AuditEvent', id: 'c', data: event } : event;
        expect(createPrefilter(policies)(bytes(line))).toBe(true);
      },
    ),
    { numRuns: 2000 },
  );
});

test('nothing of a generated log that is left out would have counted', () => {
  const policy = ready(AUDIT_LOG_POLICY as unknown as ApprovalPolicy);
  const backtest = createBacktest({ policies: [policy], namespace: () => undefined, person: (name) => name });
  const look = createPrefilter([policy]);
  let skipped = 0;
  const truth = { held: 0, unknown: 0, forbidden: 0 };
  for (const line of auditLog({ seed: 7, events: 5_000, from: Date.parse('2026-11-01'), days: 30 }, truth)) {
    if (look(bytes(line.trimEnd()))) continue;
    skipped += 1;
    expect(backtest.see(JSON.parse(line))).not.toBe('Counted');
  }
  expect(skipped).toBeGreaterThan(4_500);
});
