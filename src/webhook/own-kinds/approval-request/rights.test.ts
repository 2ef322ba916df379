import { describe, expect, test } from 'vitest';
import { ownKindAttributes, ownKindsWorld } from '../../../../test/builders/own-kinds.ts';
import { writtenExec } from '../../../../test/builders/exec-action.ts';
import { writtenRequest } from '../../../../test/builders/written-request.ts';
import type { RequestSpec } from '../../../core/api/kinds.ts';
import type { Review } from '../../review-handler.ts';
import { mutateOwnKinds, validateOwnKinds } from '../review-own-kinds.ts';

const call = { id: 'decision', deadline: Number.POSITIVE_INFINITY, signal: new AbortController().signal };

/** What alice hears who writes a request for the action. */
async function refusal(review: Review, action: RequestSpec['action']): Promise<string> {
  const answer = await review(ownKindAttributes('approvalrequests', 'CREATE', writtenRequest({ action })), call);
  return answer.allowed ? 'allowed' : answer.message;
}

describe('a request that a person wrote', () => {
  test.each<[string, RequestSpec['action'], string]>([
    ['an exec', writtenExec(['ls']), 'create pods/exec'],
    [
      'a creation',
      {
        operation: 'CREATE',
        group: 'apps',
        version: 'v1',
        resource: 'deployments',
        namespace: 'prod',
        object: { kind: 'Deployment', metadata: { name: 'web' } },
      },
      'create deployments/',
    ],
    [
      'a deletion',
      {
        operation: 'DELETE',
        group: 'apps',
        version: 'v1',
        resource: 'deployments',
        namespace: 'prod',
        name: 'web',
        targetUID: 'u',
      },
      'delete deployments/',
    ],
    [
      'a proxy',
      { operation: 'CONNECT', version: 'v1', resource: 'pods', subresource: 'proxy', namespace: 'prod', name: 'web-0' },
      'create pods/proxy',
    ],
  ])(
    '[R41] of %s is refused where its requester may not do that, and nothing is looked at',
    async (_, action, needed) => {
      const world = ownKindsWorld();
      const seen: string[] = [];
      const { pods } = world.ports;
      const ports = {
        ...world.ports,
        pods: {
          get: (...args: Parameters<typeof pods.get>) => {
            seen.push(args[1]);
            return pods.get(...args);
          },
        },
      };
      const asked: string[] = [];
      world.mayDo = ({ verb, resource, subresource }) => {
        asked.push(`${verb} ${resource}/${subresource}`);
        return false;
      };
      expect(await refusal(mutateOwnKinds(ports), action)).toMatch(/alice may not do this \(RBAC\)/);
      expect(await refusal(validateOwnKinds(ports), action)).toMatch(/alice may not do this \(RBAC\)/);
      expect(asked).toContain(needed);
      expect(seen).toEqual([]);
    },
  );
});
