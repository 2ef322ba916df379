import { describe, expect, it } from 'vitest';
import { execRequest } from '../../test/builders/exec-request.ts';
import { inReadingOrder, requestTable } from './request-table.ts';

const NOW = Date.parse('2026-01-01T10:01:00Z');

const ended = execRequest({
  name: 'old',
  status: { state: 'Denied', endedAt: '2026-01-01T10:00:30Z' },
});
const approved = execRequest({ name: 'approved', status: { state: 'Approved', approvals: '1/1' } });
const urgent = execRequest({ name: 'urgent', status: { expiresAt: '2026-01-01T10:02:00Z' } });
const pending = execRequest({ spec: { reason: 'INC-7\nforged line' } });

describe('the table of requests', () => {
  it('puts what waits first, the most urgent on top', () => {
    const names = inReadingOrder([ended, approved, pending, urgent]).map((request) => request.metadata.name);
    expect(names).toEqual(['urgent', 'exec-web-0', 'approved', 'old']);
  });

  it('is as wide as its cells', () => {
    expect(requestTable([pending, ended], { namespaces: false, wide: false }, NOW)).toBe(
      [
        'NAME         REQUESTER   ACTION           TARGET             APPROVALS   STATE     EXPIRES   AGE\n',
        'exec-web-0   alice       exec ls "/a b"   pods/web-0 (app)   0/1         Pending   in 14m    60s\n',
        'old          alice       exec ls "/a b"   pods/web-0 (app)   0/1         Denied    -         60s\n',
      ].join(''),
    );
  });

  it('has the namespace for -A, policies and the reason on one line for -o wide', () => {
    expect(requestTable([pending], { namespaces: true, wide: true }, NOW)).toBe(
      [
        'NAMESPACE   NAME         REQUESTER   ACTION           TARGET             APPROVALS   STATE     EXPIRES   AGE   MISSING          POLICIES      REASON\n',
        'prod        exec-web-0   alice       exec ls "/a b"   pods/web-0 (app)   0/1         Pending   in 14m    60s   1 of group sre   prod-shells   INC-7\\u{a}forged line\n',
      ].join(''),
    );
  });

  it('cuts a long action in the narrow table only', () => {
    const long = execRequest({ action: { exec: { command: ['x'.repeat(80)] } } });
    expect(requestTable([long], { namespaces: false, wide: false }, NOW)).toContain(`exec ${'x'.repeat(54)}…  `);
    expect(requestTable([long], { namespaces: false, wide: true }, NOW)).toContain(`exec ${'x'.repeat(80)} `);
  });

  it('takes the action from what the digest binds, not from the stored words', () => {
    const lying = execRequest({ spec: { summary: { action: 'exec date', target: 'pods/other' } } });
    expect(requestTable([lying], { namespaces: false, wide: false }, NOW)).toContain('exec ls "/a b"   pods/web-0');
  });
});
