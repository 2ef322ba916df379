import type { Attributes } from '../core/attributes/attributes.ts';
import { connectedName } from '../core/attributes/proxied-name.ts';
import { livePod } from '../core/attributes/live-pod.ts';
import { printable } from '../core/attributes/printable.ts';
import { decide, type Decision } from '../core/decision/decide.ts';
import { whatIsAsked, whoIsMissing } from '../core/decision/denial.ts';
import type { GatedAction } from '../core/decision/gated-action.ts';
import { type Call, isTooLate } from './call.ts';
import { mayMatch } from '../core/decision/gate.ts';
import { denied, factsOf } from './denied.ts';
import { mayConnect } from './may-connect.ts';
import { factsOfOpen, withObserved } from './observed.ts';
import { asked, openOrJoin } from './open-or-join.ts';
import type { Outcome } from './outcome.ts';
import { holdConnect, retryWrite } from './pause.ts';
import type { EnforcementPorts } from './ports.ts';
import { recordDecision } from './record-decision.ts';
import { useGrant } from './use-grant.ts';

/**
 * The one sequence around decide(): look at the live target, decide, may the caller at all, open or join, use, record.
 * R1: whatever throws on the way is a denial. Never rejects.
 */
export async function enforce(reviewed: Attributes, ports: EnforcementPorts, call: Call): Promise<Outcome> {
  const startedAt = ports.clock.now();
  const outcome = await attempt(reviewed, ports, call);
  return await recordDecision(outcome, reviewed, startedAt, ports, call);
}

async function attempt(reviewed: Attributes, ports: EnforcementPorts, call: Call): Promise<Outcome> {
  try {
    const revision = call.revision ?? '';
    if (!ports.revisions.has(revision) && !(await ports.revisions.reached(revision, call.signal)))
      return denied(call.id, 'NotReady', 'Sallyport has not heard of the latest policies yet; try again in a moment', {
        detail: `the policies of revision ${revision} are not in memory`,
      });
    const attributes = await withLivePod(reviewed, ports, call);
    const decision = decide(attributes, ports.snapshot(), ports.settings, ports.clock.now());
    return withObserved(await carryOut(decision, attributes, ports, call, true), decision);
  } catch (error) {
    const detail = error instanceof Error ? `${error.name}: ${error.message}` : 'unknown error';
    return denied(call.id, 'Unavailable', 'Sallyport could not decide; try again in a moment', { detail });
  }
}

/** R2: the one thing that a decision reads from the API server instead of memory, and only where it can change anything. */
async function withLivePod(
  attributes: Attributes,
  { pods, snapshot }: EnforcementPorts,
  call: Call,
): Promise<Attributes> {
  const { operation, group, resource, namespace } = attributes;
  const name = connectedName(attributes);
  if (operation !== 'CONNECT' || group !== '' || resource !== 'pods' || namespace === undefined || name === undefined)
    return attributes;
  if (!mayMatch(attributes, snapshot())) return attributes;
  // One that was seen before a hold may be gone: it must not stand in for what is there now.
  const { pod: _before, ...reviewed } = attributes;
  const pod = livePod(await pods.get(namespace, name, call.signal));
  return pod === undefined ? reviewed : { ...reviewed, pod };
}

async function carryOut(
  decision: Decision,
  attributes: Attributes,
  ports: EnforcementPorts,
  call: Call,
  mayHold: boolean,
): Promise<Outcome> {
  switch (decision.verdict) {
    case 'NoOpinion':
      return { kind: 'Allowed', id: call.id, code: decision.reason, facts: factsOfOpen(decision), warnings: [] };
    case 'Deny':
      return attributes.dryRun && decision.gated !== undefined
        ? dryRun({ ...decision, gated: decision.gated }, call)
        : denied(call.id, decision.reason, decision.message, decision);
    case 'ApprovalRequired':
    case 'Allow':
      return attributes.dryRun ? dryRun(decision, call) : await openOrUse(decision, attributes, ports, call, mayHold);
  }
}

type Gated = Exclude<Decision, { verdict: 'NoOpinion' }> & { readonly gated: GatedAction };

/** A command was held: its request was decided, or its time is over. It is not held again in this review. */
async function decideAgain(reviewed: Attributes, ports: EnforcementPorts, call: Call): Promise<Outcome> {
  const attributes = await withLivePod(reviewed, ports, call);
  const decision = decide(attributes, ports.snapshot(), ports.settings, ports.clock.now());
  return await carryOut(decision, attributes, ports, call, false);
}

/** R44: never opens, never uses, says what would happen. */
function dryRun(decision: Gated, call: Call): Outcome {
  const { gated } = decision;
  return {
    kind: 'Allowed',
    id: call.id,
    code: 'DryRun',
    facts: factsOf({ gated }),
    warnings: [dryRunWarning(decision)],
  };
}

function dryRunWarning(decision: Gated): string {
  const { gated } = decision;
  const what = `sallyport: ${whatIsAsked(gated.summary, gated.action.namespace)}`;
  switch (decision.verdict) {
    case 'Allow':
      return `${what} is approved; this dry run did not use the approval`;
    case 'ApprovalRequired':
      return `${what} would need the approval of ${whoIsMissing(gated.policies, [])}; a dry run asks nobody`;
    case 'Deny':
      return printable(`${what} would be denied: ${decision.message}`);
  }
}

async function openOrUse(
  decision: Extract<Decision, { verdict: 'ApprovalRequired' | 'Allow' }>,
  attributes: Attributes,
  ports: EnforcementPorts,
  call: Call,
  mayHold: boolean,
): Promise<Outcome> {
  const { gated } = decision;
  if (isTooLate(call, ports.clock)) return denied(call.id, 'TooLate', 'there was not enough time left', { gated });
  if (!(await mayConnect(attributes, ports.accessReview, call.signal))) {
    return denied(
      call.id,
      'AccessDenied',
      `${attributes.user.username} may not ${gated.summary.action} here (RBAC), approved or not`,
      { gated },
    );
  }
  if (decision.verdict === 'Allow') return await useIfRunning(decision, attributes, ports, call);
  const opened = await openOrJoin(gated, decision, ports, call);
  switch (opened.kind) {
    case 'Pending':
      if (mayHold && (await holdConnect(gated, opened.request, ports, call)))
        return await decideAgain(attributes, ports, call);
      return asked(call.id, gated, opened.request, retryWrite(gated, opened.request, attributes, ports));
    case 'Approved':
      return await useIfRunning({ gated, request: opened.request }, attributes, ports, call);
    case 'Ended':
      return await carryOut(opened.decision, attributes, ports, call, mayHold);
    case 'PolicyChanged':
      return denied(call.id, 'Conflict', 'a policy changed a moment ago; try again', { gated });
  }
}

/** R41: an approval is not spent on a pod that is going, or a container that does not run. */
async function useIfRunning(
  grant: Parameters<typeof useGrant>[0],
  attributes: Attributes,
  ports: EnforcementPorts,
  call: Call,
): Promise<Outcome> {
  const { pod } = attributes;
  const container = grant.gated.action.exec?.container;
  const running =
    pod === undefined ||
    (!pod.terminating && (container === undefined ? pod.running.length > 0 : pod.running.includes(container)));
  if (!running)
    return denied(
      call.id,
      'TargetNotRunning',
      'the pod or its container is not running; the approval was not used',
      grant,
    );
  // What cannot be recorded is not done: said before the approval is spent.
  if (!ports.recorder.hasRoom())
    return denied(
      call.id,
      'Unrecorded',
      'Sallyport cannot keep a record of this now, and lets nothing through without one; the approval was not used; try again in a moment',
      grant,
    );
  return await useGrant(grant, attributes, ports, call);
}
