import type { ApprovalPolicy } from '../../core/api/kinds.ts';
import type { PolicyStatusWriter } from '../../ports/policy-status-writer.ts';
import { POLICIES } from './approvals.ts';
import type { KubeClient } from './client.ts';
import { isApiError } from './errors.ts';
import { resourcePath } from './resource-path.ts';

export function createPolicyStatusWriter(client: KubeClient): PolicyStatusWriter {
  return {
    writeStatus: async (policy, status, signal) => {
      const path = resourcePath({ ...POLICIES, name: policy.metadata.name, subresource: 'status' });
      try {
        await client.update(path, { ...policy, status }, { signal });
      } catch (error) {
        if (!isApiError(error, 404)) throw error;
      }
    },
  };
}

interface Kind {
  readonly metadata: { readonly name: string; readonly deletionTimestamp?: string };
}

/**
 * False once the kind of policies is being deleted or is gone. Its policies then go one by one, without any admission: that
 * nobody wants them any more does not follow.
 */
export function policyKindStands(client: KubeClient): (signal: AbortSignal) => Promise<boolean> {
  const name = `${POLICIES.plural}.${POLICIES.group}`;
  const path = resourcePath({
    group: 'apiextensions.k8s.io',
    version: 'v1',
    plural: 'customresourcedefinitions',
    name,
  });
  return async (signal) => {
    const kind = await client.find<Kind>(path, { signal });
    return kind !== undefined && kind.metadata.deletionTimestamp === undefined;
  };
}

/** The policy as stored now; undefined where there is none. */
export function readPolicy(
  client: KubeClient,
): (name: string, signal: AbortSignal) => Promise<ApprovalPolicy | undefined> {
  return (name, signal) => client.find<ApprovalPolicy>(resourcePath({ ...POLICIES, name }), { signal });
}
