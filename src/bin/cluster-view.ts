import type { ApprovalPolicy, ApprovalRequest, ApprovalVote } from '../core/api/kinds.ts';
import type { JsonObject } from '../core/attributes/json.ts';
import { PEOPLE_MAP } from '../platform/identity/people-map.ts';
import type { PeopleConfigMap } from '../platform/identity/people-source.ts';
import { POLICIES, REQUESTS, VOTES } from '../platform/kube/approvals.ts';
import type { KubeClient } from '../platform/kube/client.ts';
import type { KubeObject } from '../platform/kube/kube-object.ts';
import { listWatch, type Selectors } from '../platform/kube/list-watch.ts';
import { createReflector, type Reflector } from '../platform/kube/reflector.ts';
import { type ResourceLocation, resourcePath } from '../platform/kube/resource-path.ts';
import type { Logger } from '../platform/telemetry/logger.ts';
import type { Clock } from '../ports/clock.ts';

type Namespace = KubeObject & JsonObject;

/** What this process watches of the cluster. */
export interface ClusterView {
  readonly policies: Reflector<ApprovalPolicy>;
  readonly requests: Reflector<ApprovalRequest>;
  readonly votes: Reflector<ApprovalVote>;
  readonly namespaces: Reflector<Namespace>;
  /** R21: the ConfigMap of the people map, where there is one. */
  readonly people: Reflector<KubeObject & PeopleConfigMap>;
  synced(): boolean;
  /** R1: when all of it was last known to be in step, in milliseconds. */
  freshAt(): number;
  run(signal: AbortSignal): Promise<void>;
}

export interface ViewPorts {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly log: Logger;
}

export function createClusterView(ports: ViewPorts, systemNamespace: string): ClusterView {
  const policies = watch<ApprovalPolicy>('approvalpolicies', POLICIES, ports);
  const requests = watch<ApprovalRequest>('approvalrequests', REQUESTS, ports);
  const votes = watch<ApprovalVote>('approvalvotes', VOTES, ports);
  const namespaces = watch<Namespace>('namespaces', { group: '', version: 'v1', plural: 'namespaces' }, ports);
  const people = watch<KubeObject & PeopleConfigMap>(
    'people',
    { group: '', version: 'v1', plural: 'configmaps', namespace: systemNamespace },
    ports,
    { fieldSelector: `metadata.name=${PEOPLE_MAP.name}` },
  );
  const all = [policies, requests, votes, namespaces, people];
  return {
    policies,
    requests,
    votes,
    namespaces,
    people,
    synced: () => all.every((reflector) => reflector.synced()),
    freshAt: () => Math.min(...all.map((reflector) => reflector.freshAt())),
    run: async (signal) => {
      await Promise.all(all.map((reflector) => reflector.run(signal)));
    },
  };
}

export function watch<T extends KubeObject>(
  name: string,
  location: ResourceLocation,
  ports: ViewPorts,
  select: Selectors = {},
): Reflector<T> {
  return createReflector<T>({
    name,
    listWatch: listWatch<T>(ports.client, resourcePath(location), select),
    clock: ports.clock,
    random: Math.random,
    log: ports.log,
  });
}
