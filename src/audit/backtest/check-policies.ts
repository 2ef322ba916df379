import { API_VERSION } from '../../core/api/group.ts';
import type { ApprovalPolicy } from '../../core/api/kinds.ts';
import { createPolicyCompiler, type ReadyPolicy } from '../../core/decision/compile.ts';

/** Where a policy was read, for messages. */
export interface WrittenPolicy {
  readonly from: string;
  readonly policy: ApprovalPolicy;
}

export type CheckedPolicies =
  | { readonly ok: true; readonly policies: readonly ReadyPolicy[] }
  /** Every problem of each, raw. */
  | { readonly ok: false; readonly problems: readonly string[] };

/** As the webhook that would store them. */
export function checkPolicies(written: readonly WrittenPolicy[]): CheckedPolicies {
  const compile = createPolicyCompiler();
  const problems: string[] = [];
  const ready: ReadyPolicy[] = [];
  for (const { from, policy } of written) {
    const given: unknown = policy.metadata?.name;
    const name = typeof given === 'string' ? given : '';
    const title = `${from}: ApprovalPolicy ${name === '' ? '(no name)' : name} is refused`;
    if (policy.apiVersion !== API_VERSION) problems.push(`${title}: apiVersion: must be ${API_VERSION}`);
    if (name === '') problems.push(`${title}: metadata.name: is missing`);
    if (ready.some((other) => other.name === name)) problems.push(`${title}: another policy has that name`);
    const compiled = compile({ ...policy, metadata: { ...policy.metadata, name } });
    if (compiled.ready) ready.push(compiled);
    else problems.push(...compiled.problems.map(({ path, message }) => `${title}: ${path}: ${message}`));
  }
  return problems.length === 0 ? { ok: true, policies: ready } : { ok: false, problems };
}
