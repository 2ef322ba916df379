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

/** The policy as stored now; undefined where there is none. */
export function readPolicy(
  client: KubeClient,
): (name: string, signal: AbortSignal) => Promise<ApprovalPolicy | undefined> {
  return async (name, signal) => {
    try {
      return await client.get<ApprovalPolicy>(resourcePath({ ...POLICIES, name }), { signal });
    } catch (error) {
      if (isApiError(error, 404)) return undefined;
      throw error;
    }
  };
}
