import type { ApprovalRequest, RequestSpec, RequestStatus } from '../../src/core/api/kinds.ts';
import { timestamp } from '../../src/core/approval/approval-state.ts';
import { digestOf } from '../../src/core/attributes/digest.ts';
import { policyTerms, stage } from './approval-policy.ts';
import { approvalRequest, endedStatus } from './approval-request.ts';
import { brokenGlass } from './broken-glass.ts';
import { execAction } from './exec-action.ts';

const MINUTE = 60_000;

/** What only looks like markup, in every place where a text of a requester's may stand. */
export const HOSTILE = `<img src=x onerror="alert(1)"></script><script>alert('\u202Etxt')</script>\u200B{{7*7}}`;

interface Sample {
  readonly name: string;
  readonly namespace?: string;
  readonly minutesAgo: number;
  readonly spec: Partial<RequestSpec> & Pick<RequestSpec, 'action'>;
  readonly status?: RequestStatus;
}

export function sampleRequest(
  { name, namespace = 'prod', minutesAgo, spec, status }: Sample,
  now: number,
): ApprovalRequest {
  const request = approvalRequest({ digest: digestOf(spec.action), ...spec }, status);
  return {
    ...request,
    metadata: {
      ...request.metadata,
      name,
      namespace,
      uid: `uid-of-${name}`,
      resourceVersion: '1',
      creationTimestamp: timestamp(now - minutesAgo * MINUTE),
    },
  };
}

const alice = { username: 'alice', person: 'alice', class: 'Human' as const };

function exec(command: readonly string[]): Pick<RequestSpec, 'action' | 'summary'> {
  return {
    action: execAction(command, { container: 'web' }),
    summary: { action: 'exec', target: 'prod/web-0' },
  };
}

/** One of everything that the console shows, and enough of the ordinary to need a second page. */
export function sampleRequests(now: number): ApprovalRequest[] {
  const two = policyTerms({ stages: [stage('oncall', 1), { ...stage('leads', 2), escalateAfterSeconds: 600 }] });
  const glass = policyTerms({ breakGlass: { subjects: [{ kind: 'User', name: 'alice' }], maxWindowSeconds: 900 } });
  const samples: Sample[] = [
    {
      name: 'exec-web-0-7f3c1a9e',
      minutesAgo: 3,
      spec: {
        requester: alice,
        ...exec(['ls', '-la', '/var/log']),
        reason: 'INC-4711: disk is full',
        ticket: 'INC-4711',
      },
    },
    {
      name: 'exec-web-0-0c0ffee0',
      minutesAgo: 4,
      spec: {
        requester: { username: 'bob', person: 'bob', class: 'Human' },
        ...exec(['sh']),
        unbounded: 'a shell runs whatever is typed into it',
        policies: [two, policyTerms({}, 'second-policy')],
      },
    },
    {
      name: 'update-deployments-web-11111111',
      minutesAgo: 9,
      spec: {
        requester: alice,
        action: {
          operation: 'UPDATE',
          group: 'apps',
          version: 'v1',
          resource: 'deployments',
          namespace: 'prod',
          name: 'web',
          targetUID: 'uid-of-web',
          changes: [
            { path: '/spec/replicas', old: '3', new: '30' },
            { path: '/spec/template/spec/containers/0/image', old: '"web:1.2"', new: '"web:1.3"' },
          ],
        },
        summary: { action: 'update deployments', target: 'prod/web' },
        reason: 'CHG-12 release of the evening',
      },
    },
    {
      name: 'delete-namespaces-shop-22222222',
      namespace: 'sallyport-system',
      minutesAgo: 20,
      spec: {
        requester: { username: 'agent-7', person: 'agent-7', owner: 'alice', class: 'Agent', impersonated: true },
        action: { operation: 'DELETE', group: '', version: 'v1', resource: 'namespaces', name: 'shop', targetUID: 'u' },
        summary: { action: 'delete namespaces', target: 'shop' },
      },
    },
    {
      name: 'exec-web-0-33333333',
      minutesAgo: 12,
      spec: {
        requester: { username: HOSTILE, person: HOSTILE, class: 'Human' },
        ...exec(['echo', HOSTILE]),
        summary: { action: HOSTILE, target: HOSTILE },
        reason: HOSTILE,
        ticket: HOSTILE,
      },
    },
    {
      name: 'exec-web-0-44444444',
      minutesAgo: 40,
      spec: { requester: alice, ...exec(['cat', '/etc/passwd']) },
      status: endedStatus('Denied', now - 35 * MINUTE),
    },
    { name: 'exec-web-0-55555555', minutesAgo: 130, spec: { requester: alice, ...exec(['date']) } },
    {
      name: 'exec-web-0-66666666',
      minutesAgo: 6,
      spec: { requester: alice, ...exec(['pg_dump']), policies: [glass], reason: 'INC-1' },
    },
  ];
  const ordinary = Array.from(
    { length: 60 },
    (_, index): Sample => ({
      name: `exec-web-${index}-${String(index).padStart(8, '0')}`,
      namespace: index % 2 === 0 ? 'dev' : 'prod',
      minutesAgo: 200 + index,
      spec: { requester: alice, ...exec(['uptime']) },
      status: endedStatus(index % 3 === 0 ? 'Expired' : 'Cancelled', now - (190 + index) * MINUTE),
    }),
  );
  return [...samples, ...ordinary]
    .map((sample) => sampleRequest(sample, now))
    .map((request) =>
      request.metadata.name === 'exec-web-0-66666666'
        ? brokenGlass(request, now - 2 * MINUTE, 'INC-1: the shop is down')
        : request,
    );
}
