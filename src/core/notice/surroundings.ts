import type { ApprovalPolicy, ApprovalRequest } from '../api/kinds.ts';

/** What an approver should know and a request does not hold: as it is now, not as it was when somebody asked. */
export interface Surroundings {
  /** Of the namespace of the target. */
  readonly labels: Readonly<Record<string, string>>;
  /** What the policies of the request say of themselves, by their names. */
  readonly descriptions: ReadonlyMap<string, string>;
}

/** Where nothing more is known. */
export const NO_SURROUNDINGS: Surroundings = { labels: {}, descriptions: new Map() };

/** What memory has of it. */
export interface SurroundingSources {
  readonly labelsOf: (namespace: string) => Readonly<Record<string, string>> | undefined;
  readonly policyOf: (name: string) => ApprovalPolicy | undefined;
}

export function surroundingsOf(request: ApprovalRequest, { labelsOf, policyOf }: SurroundingSources): Surroundings {
  const { action, policies = [] } = request.spec;
  const descriptions = policies.flatMap(({ name, uid }): [string, string][] => {
    const policy = policyOf(name);
    const text = policy?.spec.description?.trim() ?? '';
    return policy?.metadata.uid !== uid || text === '' ? [] : [[name, text]];
  });
  return {
    labels: action.namespace === undefined ? {} : (labelsOf(action.namespace) ?? {}),
    descriptions: new Map(descriptions),
  };
}
