import type { ApprovalRequest } from '../core/api/kinds.ts';
import { stateOf } from '../core/approval/approval-state.ts';
import { isUnacknowledged } from '../core/approval/break-glass.ts';
import { summarise } from '../core/attributes/summary.ts';
import type { KubeClient } from '../platform/kube/client.ts';
import type { KubeObject } from '../platform/kube/kube-object.ts';
import { resourcePath } from '../platform/kube/resource-path.ts';
import type { CompletionSource } from './complete.ts';
import type { Candidate } from './complete-words.ts';
import { isOpen } from './request-table.ts';
import { requestPath } from './requests.ts';

/** Somebody waits with their finger on the key. */
const TIMEOUT_MS = 3_000;
/** One page: more is not read for a list in a shell. */
const LIMIT = 500;

/** The names that the API server tells the caller; none where it does not answer in time, or may not. */
export function completionSource(connect: () => KubeClient): CompletionSource {
  const names = async <T extends KubeObject>(path: (client: KubeClient) => string): Promise<readonly T[]> => {
    let client: KubeClient | undefined;
    try {
      client = connect();
      return (await client.list<T>(path(client), { query: { limit: LIMIT }, timeoutMs: TIMEOUT_MS })).items;
    } catch {
      return [];
    } finally {
      client?.close();
    }
  };
  const requests = (namespace: string | undefined) =>
    names<ApprovalRequest & KubeObject>((client) => requestPath(namespace ?? client.namespace ?? 'default'));
  return {
    namespaces: async () =>
      (await names(() => resourcePath({ group: '', version: 'v1', plural: 'namespaces' }))).map(named),
    pods: async (namespace) =>
      (
        await names((client) =>
          resourcePath({
            group: '',
            version: 'v1',
            plural: 'pods',
            namespace: namespace ?? client.namespace ?? 'default',
          }),
        )
      ).map(named),
    async requests(verb, namespace, word) {
      const fits = (request: ApprovalRequest): boolean => isFor(verb, request);
      const slash = word.indexOf('/');
      if (slash !== -1) return (await requests(word.slice(0, slash))).filter(fits).map(qualified);
      const here = (await requests(namespace)).filter(fits);
      if (here.length > 0 || namespace !== undefined) return here.map(candidate);
      const everywhere = await names<ApprovalRequest & KubeObject>(() => requestPath(undefined));
      return everywhere.filter(fits).map(qualified);
    },
  };
}

/** Whether a verb can do something with a request as it is. */
function isFor(verb: string, request: ApprovalRequest): boolean {
  switch (verb) {
    case 'approve':
    case 'deny':
    case 'reason':
    case 'wait':
    case 'break-glass':
      return stateOf(request) === 'Pending';
    case 'revoke':
    case 'cancel':
      return isOpen(request);
    case 'acknowledge':
      return isUnacknowledged(request.status);
    default:
      return true;
  }
}

function named({ metadata }: KubeObject): Candidate {
  return { value: metadata.name ?? '' };
}

function candidate(request: ApprovalRequest): Candidate {
  const { action, target } = summarise(request.spec.action);
  const who = request.spec.requester?.username ?? '<unknown>';
  return { value: request.metadata.name, about: `${stateOf(request)}: ${who}, ${action} on ${target}` };
}

function qualified(request: ApprovalRequest): Candidate {
  const { value, about } = candidate(request);
  return { value: `${request.metadata.namespace ?? ''}/${value}`, ...(about === undefined ? {} : { about }) };
}
