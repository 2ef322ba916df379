import { describe, expect, it } from 'vitest';
import { approvalPolicy, policyTerms, SRE, stage } from '../../test/builders/approval-policy.ts';
import { approvalRequest, CREATED_AT } from '../../test/builders/approval-request.ts';
import type { ApprovalPolicy, RequestStatus } from '../core/api/kinds.ts';
import { timestamp } from '../core/approval/approval-state.ts';
import { type PlanSettings, planOf } from './plan.ts';
import { tokenOf } from './told.ts';

const SETTINGS: PlanSettings = { requesters: false, reminderShare: 0.5, forgottenMs: 3_600_000 };
const HOUR = 3_600_000;
const at = (minutes: number) => timestamp(CREATED_AT + minutes * 60_000);

const POLICY = approvalPolicy({
  notify: [{ kind: 'Slack', channel: '#prod' }],
  approval: {
    stages: [
      {
        name: 'oncall',
        approvers: [SRE],
        notify: [{ kind: 'Email', channel: 'sre@example.com' }],
        escalateAfter: '10m',
        escalateTo: [SRE],
        escalateNotify: [{ kind: 'Teams', channel: 'leads' }],
      },
      { name: 'leads', approvers: [SRE], notify: [{ kind: 'Webhook', channel: 'ops' }] },
    ],
  },
});

function plan(
  status: RequestStatus,
  options: { policy?: ApprovalPolicy | undefined; settings?: Partial<PlanSettings>; minutes?: number } = {},
) {
  const policy = 'policy' in options ? options.policy : POLICY;
  const request = approvalRequest(
    { policies: [policyTerms({ stages: [stage('oncall', 1), stage('leads', 1)] })] },
    { state: 'Pending', expiresAt: at(60), ...status },
  );
  const made = planOf(
    request,
    () => policy,
    { ...SETTINGS, ...options.settings },
    CREATED_AT + (options.minutes ?? 1) * 60_000,
  );
  return Object.fromEntries(made.destinations.map(({ key, happenings }) => [key, happenings.map(tokenOf)]));
}

const oncall = (more: object = {}) => ({
  policy: 'prod-shells',
  name: 'oncall',
  approved: 0,
  required: 1,
  openedAt: at(0),
  ...more,
});
const leads = (more: object = {}) => ({ policy: 'prod-shells', name: 'leads', approved: 0, required: 1, ...more });

describe('who is told of a request, and of what', () => {
  it('those of the policy and of the first stage, that it was asked', () => {
    expect(plan({ stages: [oncall(), leads()] })).toEqual({
      'Slack #prod': ['Asked'],
      'Email sre@example.com': ['Asked'],
    });
  });

  it('those of a later stage when its turn comes, and not of what was before', () => {
    const status = {
      stages: [oncall({ approved: 1 }), leads({ openedAt: at(5) })],
      votes: [
        { uid: 'v', name: 'v', person: 'bob', username: 'bob', decision: 'Approve' as const, via: 'Slack', at: at(4) },
      ],
    };
    expect(plan(status)).toEqual({
      'Slack #prod': ['Asked', 'Voted', 'StageOpened'],
      'Email sre@example.com': ['Asked', 'StageOpened'],
      'Webhook ops': ['StageOpened'],
    });
  });

  it('those of an escalation when it comes', () => {
    expect(plan({ stages: [oncall({ escalatedAt: at(10) }), leads()] })).toEqual({
      'Slack #prod': ['Asked', 'Escalated'],
      'Email sre@example.com': ['Asked', 'Escalated'],
      'Teams leads': ['Escalated'],
    });
  });

  it('everybody once more at half of its time, but who has just heard of it', () => {
    const status = { stages: [oncall({ escalatedAt: at(30) }), leads()] };
    expect(plan(status, { minutes: 30 })).toEqual({
      'Slack #prod': ['Asked', 'Escalated', 'Reminder'],
      'Email sre@example.com': ['Asked', 'Escalated', 'Reminder'],
      'Teams leads': ['Escalated'],
    });
    expect(plan(status, { minutes: 30, settings: { reminderShare: 1 } })['Slack #prod']).toEqual([
      'Asked',
      'Escalated',
    ]);
  });

  it('nobody by a policy of the same name that is another', () => {
    expect(plan({}, { policy: { ...POLICY, metadata: { ...POLICY.metadata, uid: 'other' } } })).toEqual({});
  });

  it('whoever was told that it was asked, how it ends, though no policy names them any more', () => {
    const notifications = [{ channel: 'Slack #prod', told: ['Asked'] }];
    expect(plan({ notifications, state: 'Revoked', endedAt: at(3) }, { policy: undefined })).toEqual({
      'Slack #prod': ['Asked', 'Revoked'],
    });
  });

  it('whoever asks, where it went anywhere', () => {
    expect(plan({ stages: [oncall()] }, { settings: { requesters: true } })['Slack @requester']).toEqual(['Asked']);
    expect(plan({}, { settings: { requesters: true }, policy: undefined })).toEqual({});
  });

  it('nobody new of a request that ended long ago', () => {
    expect(plan({ state: 'Denied', endedAt: at(1), stages: [oncall()] }, { minutes: 100 })).toEqual({});
    expect(plan({ state: 'Denied', endedAt: at(1), stages: [oncall()] }, { minutes: 30 })['Slack #prod']).toEqual([
      'Asked',
      'Denied',
    ]);
  });

  it('nobody new of a request that ended before its policy named them, but of an open one', () => {
    const ended = { state: 'Denied' as const, endedAt: at(1), stages: [oncall()] };
    const changed = { ...POLICY, metadata: { ...POLICY.metadata, generation: 2 } };
    const notifications = [{ channel: 'Email sre@example.com', triedAt: at(0), problem: 'unavailable: away' }];
    const settings = { requesters: true };
    expect(plan(ended, { policy: changed, settings })).toEqual({});
    expect(plan({ ...ended, notifications }, { policy: changed })).toEqual({
      'Email sre@example.com': ['Asked', 'Denied'],
    });
    expect(plan({ stages: [oncall()] }, { policy: changed })['Slack #prod']).toEqual(['Asked']);
  });

  it('64 destinations and no more', () => {
    const many = Array.from({ length: 70 }, (_, index) => ({
      kind: 'Email' as const,
      channel: `a${index}@example.com`,
    }));
    const policy = approvalPolicy({ notify: many });
    const request = approvalRequest(
      { policies: [policyTerms()] },
      { state: 'Pending', expiresAt: timestamp(CREATED_AT + HOUR) },
    );
    const made = planOf(request, () => policy, SETTINGS, CREATED_AT);
    expect(made.destinations).toHaveLength(64);
    expect(made.dropped).toBe(6);
    expect(made.nextAt).toBe(CREATED_AT + HOUR / 2);
  });
});
