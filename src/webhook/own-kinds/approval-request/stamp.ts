import canonicalize from 'canonicalize';
import type { ApprovalRequest, RequestSpec, UserInfo } from '../../../core/api/kinds.ts';
import { durationSeconds } from '../../../core/api/duration.ts';
import { grantOf } from '../../../core/approval/grant.ts';
import { reasonProblem } from '../../../core/approval/reason.ts';
import { livePod } from '../../../core/attributes/live-pod.ts';
import { actionToMatch } from '../../../core/attributes/written-scope.ts';
import { connectedName } from '../../../core/attributes/proxied-name.ts';
import { attributesOfWritten, describeWritten, missingContent } from '../../../core/attributes/written-action.ts';
import type { Attributes } from '../../../core/attributes/attributes.ts';
import { type Gate, gate } from '../../../core/decision/gate.ts';
import type { GatedAction } from '../../../core/decision/gated-action.ts';
import { writtenScopeProblem } from '../../../core/decision/asked-scope.ts';
import { requestNamespace } from '../../../core/decision/request-place.ts';
import { PEOPLE_UNKNOWN } from '../../../core/decision/people-unknown.ts';
import { livesIn, NOTHING_ASKS } from '../../../core/decision/written-refusals.ts';
import { requesterClass } from '../../../core/decision/requester-class.ts';
import { stampedSpec } from '../../../enforcement/build-request.ts';
import { mayAsk } from '../../../enforcement/may-ask.ts';
import type { EnforcementPorts } from '../../../enforcement/ports.ts';

export type Stamped =
  | { readonly ok: true; readonly spec: RequestSpec; readonly gated: GatedAction }
  | { readonly ok: false; readonly problem: string };

export type StampPorts = Pick<EnforcementPorts, 'snapshot' | 'settings' | 'pods' | 'accessReview'>;

/** The fields that are ours. What a client says of them must be what we would say. */
const STAMPED = ['requester', 'digest', 'fingerprint', 'policies', 'summary', 'unbounded', 'seal'] as const;

/**
 * R12: a request that a person wrote, with everything stamped that the webhook would have stamped had it met the action
 * itself: the same requester, digest and terms, so that the matching command finds it.
 */
export async function stampWritten(
  written: ApprovalRequest,
  { user, namespace }: Pick<Attributes, 'user' | 'namespace'>,
  ports: StampPorts,
  signal: AbortSignal,
): Promise<Stamped> {
  const { action } = written.spec;
  const missing = missingContent(action);
  if (missing !== undefined) return { ok: false, problem: `${missing}; a digest alone cannot be approved` };
  const { systemNamespace } = ports.settings;
  const home = requestNamespace(action, ports.snapshot().namespace(action.namespace ?? ''), systemNamespace);
  if (home !== namespace) return { ok: false, problem: livesIn(home) };
  // Before anything is looked at with our own rights: what the requester may not do tells them nothing.
  if (!(await mayAsk(attributesOfWritten(action, user, undefined), ports.accessReview, signal))) {
    return { ok: false, problem: `${user.username} may not do this (RBAC), approved or not` };
  }
  const gated = await gateWritten(written, user, ports, signal);
  if (gated.kind === 'Open') return { ok: false, problem: NOTHING_ASKS };
  if (gated.kind === 'Refused') return { ok: false, problem: gated.message };
  const scope = writtenScopeProblem(gated.gated, gated.stepping);
  if (scope !== undefined) return { ok: false, problem: scope };
  const duration = durationProblem(written, gated.gated);
  if (duration !== undefined) return { ok: false, problem: duration };
  const people = ports.settings.people();
  if (people === undefined) return { ok: false, problem: PEOPLE_UNKNOWN };
  const spec = stampedSpec(gated.gated, people);
  if (spec.action.omitted !== undefined) {
    return { ok: false, problem: `${spec.action.omitted}; run the command instead, it asks by itself` };
  }
  const forged = STAMPED.find((field) => written.spec[field] !== undefined && !same(written.spec[field], spec[field]));
  if (forged !== undefined)
    return { ok: false, problem: `spec.${forged} is not what it would be; leave it out, it is written for you` };
  const problem = reasonProblem(spec.policies ?? [], written.spec.reason);
  if (problem !== undefined) return { ok: false, problem: `${problem}; write it in spec.reason` };
  return { ok: true, gated: gated.gated, spec: { ...spec, ...theirs(written.spec) } };
}

/** What is the requester's to say. */
function theirs({ reason, ticket, duration }: RequestSpec): Partial<RequestSpec> {
  return {
    ...(reason === undefined ? {} : { reason }),
    ...(ticket === undefined ? {} : { ticket }),
    ...(duration === undefined ? {} : { duration }),
  };
}

/** A duration that would shorten nothing is no limit, though its author and its approver take it for one. */
function durationProblem({ spec: { duration } }: ApprovalRequest, { policies }: GatedAction): string | undefined {
  if (duration === undefined) return undefined;
  if ((durationSeconds(duration) ?? 0) < 1)
    return `spec.duration: "${duration}" is not a duration between 1s and 720h, such as 90s, 10m or 1h30m`;
  if (grantOf(policies, duration).type === 'Window') return undefined;
  const once = policies.find((policy) => policy.terms.grant.type === 'Once')?.name ?? '';
  return `spec.duration: it shortens a window, and policy ${once} grants a single use; leave it out`;
}

async function gateWritten(
  written: ApprovalRequest,
  user: UserInfo,
  ports: StampPorts,
  signal: AbortSignal,
): Promise<Gate> {
  const { action } = written.spec;
  const toPod =
    action.operation === 'CONNECT' &&
    (action.group ?? '') === '' &&
    action.resource === 'pods' &&
    action.namespace !== undefined;
  const podName = connectedName(action) ?? '';
  const pod = toPod ? livePod(await ports.pods.get(action.namespace ?? '', podName, signal)) : undefined;
  if (action.targetUID !== undefined && pod !== undefined && action.targetUID !== pod.uid) {
    return {
      kind: 'Refused',
      reason: 'NoTarget',
      message: `action.targetUID is not the uid of pod ${action.name ?? ''} as it runs now`,
    };
  }
  const container = action.exec?.container;
  if (pod !== undefined && container !== undefined && ![...pod.containers, ...pod.running].includes(container)) {
    return { kind: 'Refused', reason: 'NoTarget', message: `pod ${action.name ?? ''} has no container ${container}` };
  }
  const attributes = attributesOfWritten(actionToMatch(action), user, pod);
  return gate(attributes, ports.snapshot(), ports.settings, {
    class: requesterClass(user, ports.settings),
    describe: (ignorePaths) => describeWritten(action, attributes, ports.settings.hmac, ignorePaths),
    contentKnown: action.operation === 'CONNECT' || (action.operation === 'CREATE' && action.binding === undefined),
    asWritten: true,
  });
}

export function same(a: unknown, b: unknown): boolean {
  return canonicalize(a) === canonicalize(b);
}
