import { nobodyMapped } from './people.ts';
import { createPolicyIndex } from '../../src/core/decision/match/policy-index.ts';
import { approvalPolicy } from '../builders/approval-policy.ts';
import { CREATED_AT, scopesOf } from '../builders/approval-request.ts';
import { execAttributes } from '../builders/attributes.ts';
import type { ApprovalPolicy, ApprovalRequest, UserInfo } from '../../src/core/api/kinds.ts';
import type { Attributes } from '../../src/core/attributes/attributes.ts';
import type { JsonObject } from '../../src/core/attributes/json.ts';
import { createPolicyCompiler } from '../../src/core/decision/compile.ts';
import { type Decision, decide } from '../../src/core/decision/decide.ts';
import type { DecisionSettings } from '../../src/core/decision/settings.ts';
import type { GatedAction } from '../../src/core/decision/gated-action.ts';
import type { Snapshot } from '../../src/core/decision/snapshot.ts';
import { TRUSTING } from '../builders/seals.ts';

export const NOW = CREATED_AT + 1_000_000;
export const compile = createPolicyCompiler();

export const SETTINGS: DecisionSettings = {
  systemNamespace: 'sallyport-system',
  ourUsernames: new Set(['system:serviceaccount:sallyport-system:sallyport']),
  hmac: (value) => `hmac:${value.length}`,
  seals: TRUSTING,
  people: nobodyMapped,
  limits: { pendingPerRequester: 3, pendingInAll: 5, cancelledPerRequesterADay: 50 },
};

export const PROD: JsonObject = {
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name: 'prod', labels: { env: 'prod' } },
};

export interface World extends Partial<Omit<Snapshot, 'policies' | 'requests'>> {
  readonly policies?: readonly ApprovalPolicy[];
  readonly requests?: readonly ApprovalRequest[];
}

export function snapshot({ policies = [approvalPolicy()], requests = [], ...rest }: World): Snapshot {
  return {
    freshAt: NOW,
    policies: createPolicyIndex(policies.map(compile)),
    namespace: (name) => (name === 'prod' ? PROD : undefined),
    requests: (fingerprint) => requests.filter((request) => request.spec.fingerprint === fingerprint),
    scopes: (username) => scopesOf(requests, username),
    pending: () => ({ ofRequester: 0, inAll: 0 }),
    cancelled: () => 0,
    ...rest,
  };
}

export const decideIn = (world: World, attributes: Attributes = execAttributes(), now = NOW): Decision =>
  decide(attributes, snapshot(world), SETTINGS, now);

export function gatedOf(attributes: Attributes = execAttributes(), policies?: readonly ApprovalPolicy[]): GatedAction {
  const decision = decideIn(policies === undefined ? {} : { policies }, attributes);
  if (decision.verdict !== 'ApprovalRequired') throw new Error(decision.reason);
  return decision.gated;
}

export const capped = () => ({ ofRequester: 99, inAll: 99 });
export const broken = (spec: object) => approvalPolicy(spec, 'broken');

export const verdict = (decision: Decision) => `${decision.verdict} ${decision.reason}`;
export const as = (username: string, groups: readonly string[] = []): UserInfo => ({ username, groups, extra: {} });
