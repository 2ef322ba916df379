import { afterEach, beforeEach, expect, test } from 'vitest';
import { FakeWatched } from '../../test/builders/fake-watched.ts';
import { TRUSTING } from '../../test/builders/seals.ts';
import { ScriptedApiServer } from '../../test/harness/scripted-api-server.ts';
import { createPolicyCompiler } from '../core/decision/compile.ts';
import { systemClock } from '../platform/clock/system-clock.ts';
import { configSchema } from '../platform/config/schema.ts';
import { DEFAULT_CLIENT_LIMITS, type KubeClient, loadKubeClient } from '../platform/kube/client.ts';
import { silentLogger } from '../platform/telemetry/logger.ts';
import { createMetrics } from '../platform/telemetry/metrics.ts';
import { identitiesOf } from './identity.ts';
import type { Process } from './process.ts';
import { controllerRole } from './roles/controller.ts';
import { notifyRole } from './roles/notify.ts';

let server: ScriptedApiServer;
let client: KubeClient;
beforeEach(async () => {
  server = await new ScriptedApiServer().listen();
  client = loadKubeClient({ kubeconfig: server.kubeconfig }, DEFAULT_CLIENT_LIMITS, systemClock);
});
afterEach(async () => {
  client.close();
  await server[Symbol.asyncDispose]();
});

const ROLES = { notify: notifyRole, controller: controllerRole };

/** One process with the role, and what a scrape of it shows. */
function replica(role: keyof typeof ROLES) {
  const metrics = createMetrics({ processMetrics: false });
  const stop = new AbortController();
  const state = { synced: true };
  const config = configSchema.parse({ controller: { leaseSeconds: 3 } });
  const process = {
    config,
    client,
    clock: systemClock,
    log: silentLogger,
    metrics,
    view: {
      requests: new FakeWatched(),
      votes: new FakeWatched(),
      policies: new FakeWatched(),
      synced: () => state.synced,
      freshAt: () => systemClock.now(),
    },
    votesOf: () => [],
    compile: createPolicyCompiler(),
    identities: identitiesOf(config, { username: 'sallyport', hasCredentialId: true }),
    seals: TRUSTING,
    people: { now: () => undefined, onChange: () => undefined },
  } as unknown as Process;
  let running = Promise.resolve();
  return {
    state,
    start: () => {
      running = ROLES[role](process).run(stop.signal);
    },
    stop: async () => {
      stop.abort();
      await running;
    },
    leader: async () => new RegExp(`^sallyport_${role}_leader (\\d)$`, 'm').exec((await metrics.render()).text)?.[1],
  };
}

/** What scrapes of them show. */
const leaders =
  (...replicas: readonly ReturnType<typeof replica>[]) =>
  () =>
    Promise.all(replicas.map((each) => each.leader()));

const SOON = { timeout: 5_000, interval: 20 };

test.each(['notify', 'controller'] as const)(
  'every replica shows whether it leads, so that a rule sees that nobody does: %s',
  async (role) => {
    const [first, second] = [replica(role), replica(role)];
    try {
      first.state.synced = false;
      first.start();
      await expect.poll(leaders(first), SOON).toEqual(['0']);
      first.state.synced = true;
      await expect.poll(leaders(first), SOON).toEqual(['1']);
      second.start();
      await expect.poll(leaders(first, second), SOON).toEqual(['1', '0']);
      await first.stop();
      await expect.poll(leaders(first, second), SOON).toEqual(['0', '1']);

      // Nobody's while the API server does not answer for the Lease.
      server.script = ({ path }) => (path.includes('/leases') ? { type: 'Json', status: 500, body: {} } : undefined);
      await expect.poll(leaders(first, second), SOON).toEqual(['0', '0']);
      server.script = () => undefined;
      await expect.poll(leaders(first, second), SOON).toEqual(['0', '1']);
    } finally {
      server.script = () => undefined;
      await Promise.all([first.stop(), second.stop()]);
    }
  },
);
