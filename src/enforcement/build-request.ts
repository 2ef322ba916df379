import { cut } from '../core/api/cut.ts';
import { API_VERSION } from '../core/api/group.ts';
import type { ApprovalRequest, RequestSpec } from '../core/api/kinds.ts';
import { boundAction } from '../core/attributes/bound-action.ts';
import { unboundedReason } from '../core/attributes/summary.ts';
import type { GatedAction } from '../core/decision/gated-action.ts';
import type { DecisionSettings } from '../core/decision/settings.ts';
import type { People } from '../core/people/people.ts';

/** The limits of the CRD on what a cluster's authenticator may say of a user. */
const EXTRA_KEYS = 32;
const EXTRA_VALUES = 16;
const EXTRA_VALUE = 1024;
const GROUPS = 512;

/** The stamped part of a request's spec: the same whether the webhook opens it or a person wrote it (R12, R13). */
export function stampedSpec(gated: GatedAction, people: People): RequestSpec {
  const asked = gated.scope ?? gated;
  const action = boundAction(asked.action);
  const unbounded = unboundedReason(action);
  const { user } = gated;
  const { person, owner } = people.ofUsername(user.username);
  return {
    requester: {
      username: user.username,
      ...(user.uid === undefined ? {} : { uid: user.uid }),
      groups: user.groups.slice(0, GROUPS),
      extra: boundExtra(user.extra),
      class: gated.class,
      person,
      ...(owner === undefined ? {} : { owner }),
      ...(gated.impersonated === true ? { impersonated: true } : {}),
    },
    action,
    digest: asked.digest,
    fingerprint: asked.fingerprint,
    policies: gated.policies.map((policy) => ({ ...policy })),
    summary: asked.summary,
    ...(unbounded === undefined ? {} : { unbounded }),
  };
}

/** @throws Error while nobody knows who is who (R21) */
export function buildRequest(
  gated: GatedAction,
  name: string,
  { seals, people }: Pick<DecisionSettings, 'seals' | 'people'>,
): ApprovalRequest {
  const known = people();
  if (known === undefined) throw new Error('the people map is not known');
  const spec = stampedSpec(gated, known);
  return {
    apiVersion: API_VERSION,
    kind: 'ApprovalRequest',
    metadata: { name, namespace: gated.namespace },
    spec: { ...spec, seal: seals.request(gated.namespace, spec) },
  };
}

function boundExtra(extra: GatedAction['user']['extra']): Record<string, string[]> {
  return Object.fromEntries(
    Object.entries(extra)
      .slice(0, EXTRA_KEYS)
      .map(([key, values]) => [key, values.slice(0, EXTRA_VALUES).map((value) => cut(value, EXTRA_VALUE))]),
  );
}
