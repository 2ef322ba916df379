import { TRUSTING } from '../builders/seals.ts';
import { createPolicyCompiler } from '../../src/core/decision/compile.ts';
import type { Outcome } from '../../src/enforcement/outcome.ts';
import type { KubeObject } from '../../src/platform/kube/kube-object.ts';
import type { ListWatch } from '../../src/platform/kube/list-watch.ts';
import { createReflector, type Reflector } from '../../src/platform/kube/reflector.ts';
import { silentLogger } from '../../src/platform/telemetry/logger.ts';
import type { Clock } from '../../src/ports/clock.ts';
import { attemptExec, type Reflectors, replicaPorts } from './replica-ports.ts';
import type { Draws } from './seeded.ts';
import type { WatchedCluster } from './watched-cluster.ts';

/** One replica of the webhook: our own reflectors, memory and sequence, with only the wire and the clock simulated. */
export interface Replica {
  attempt(command: string): Promise<Outcome>;
  run(signal: AbortSignal): Promise<void>;
  /** The oldest of what it believes to know, in ms of its own clock. */
  freshAt(): number;
}

const compile = createPolicyCompiler();

export function createReplica(cluster: WatchedCluster, clock: Clock, draws: Draws): Replica {
  const watch = <T extends KubeObject>(name: keyof WatchedCluster['collections']): Reflector<T> =>
    createReflector<T>({
      listWatch: cluster.collections[name] as unknown as ListWatch<T>,
      name,
      clock,
      random: () => draws.next(),
      log: silentLogger,
    });
  const reflectors: Reflectors = {
    policies: watch('policies'),
    requests: watch('requests'),
    votes: watch('votes'),
    namespaces: watch('namespaces'),
  };
  const ports = replicaPorts(reflectors, cluster, { clock, compile, seals: TRUSTING });
  let attempts = 0;
  return {
    attempt: async (command) => {
      attempts += 1;
      return await attemptExec(command, `d${attempts}`, ports, reflectors);
    },
    run: async (signal) => {
      await Promise.all(Object.values(reflectors).map((reflector) => reflector.run(signal)));
    },
    freshAt: () => ports.snapshot().freshAt,
  };
}
