import type { Clock } from '../../ports/clock.ts';
import type { FollowConfigurations, NamedConfiguration } from '../../ports/configuration-watch.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { KubeClient } from './client.ts';
import { configurationPlural } from './configuration-writer.ts';
import type { KubeObject } from './kube-object.ts';
import { listWatch } from './list-watch.ts';
import { createReflector, type ReflectorTiming } from './reflector.ts';
import { resourcePath } from './resource-path.ts';

export interface FollowOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
}

/** Nothing is decided from these objects, so that no proof of freshness is needed: one long watch each costs little. */
const TIMING: Partial<ReflectorTiming> = {
  watchSeconds: 60,
  probeAfterMs: 30_000,
  silenceMs: 70_000,
  unprovedMs: 300_000,
};

/** A watch of each object by its name, which RBAC with resourceNames allows. */
export function createFollowConfigurations(options: FollowOptions): FollowConfigurations {
  const { client, clock, random, log } = options;
  return async (objects, onChange, signal) => {
    const reflectors = objects.map((object) => {
      const select = { fieldSelector: `metadata.name=${object.name}` };
      const reflector = createReflector<KubeObject>({
        name: `${object.kind}/${object.name}`,
        listWatch: listWatch<KubeObject>(client, collectionOf(object), select),
        clock,
        random,
        log,
        timing: TIMING,
      });
      reflector.onChange(() => onChange(object));
      return reflector;
    });
    await Promise.all(reflectors.map((reflector) => reflector.run(signal)));
  };
}

function collectionOf({ kind }: NamedConfiguration): string {
  return resourcePath({ group: 'admissionregistration.k8s.io', version: 'v1', plural: configurationPlural(kind) });
}
