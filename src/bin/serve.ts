import { createHmac, randomBytes } from 'node:crypto';
import type { ApprovalRequest } from '../core/api/kinds.ts';
import { createSeals } from '../core/approval/seal.ts';
import { createPolicyCompiler } from '../core/decision/compile.ts';
import { isFresh } from '../core/decision/snapshot.ts';
import { surroundingsOf } from '../core/notice/surroundings.ts';
import { votesByRequest } from '../enforcement/votes-by-request.ts';
import { systemClock } from '../platform/clock/system-clock.ts';
import type { Config } from '../platform/config/schema.ts';
import { createHealthHandler } from '../platform/http/health-handler.ts';
import { DEFAULT_LISTENER_LIMITS } from '../platform/http/listener.ts';
import { createPlainListener } from '../platform/http/plain-listener.ts';
import { recordPeopleChanges } from '../platform/identity/people-events.ts';
import { watchPeople } from '../platform/identity/people-source.ts';
import { createActs } from '../platform/kube/acts.ts';
import { DEFAULT_CLIENT_LIMITS, type KubeClient, loadKubeClient } from '../platform/kube/client.ts';
import { SERVICE_ACCOUNT_FOLDER } from '../platform/kube/service-account.ts';
import { getOrCreateSecret, type SecretData } from '../platform/kube/secrets.ts';
import { countLinesLost } from '../platform/telemetry/lines-lost.ts';
import { createLogger, type Logger } from '../platform/telemetry/logger.ts';
import { createMetrics } from '../platform/telemetry/metrics.ts';
import { Secret } from '../platform/telemetry/redact.ts';
import type { Clock } from '../ports/clock.ts';
import { createClusterView } from './cluster-view.ts';
import { identitiesOf, whoAmI } from './identity.ts';
import type { Process, Role } from './process.ts';
import { createProcessLedger } from './process-ledger.ts';
import { auditRole } from './roles/audit.ts';
import { consoleRole } from './roles/console.ts';
import { controllerRole } from './roles/controller.ts';
import { notifyRole } from './roles/notify.ts';
import { webhookRole } from './roles/webhook.ts';

const KEYS_SECRET = 'sallyport-keys';
const DIGEST_KEY = 'digest-hmac';
const SEAL_KEY = 'seal-hmac';
const SESSION_KEY = 'console-session';
const KEYS = [DIGEST_KEY, SEAL_KEY, SESSION_KEY] as const;
const KEY_BYTES = 32;
const NONCE_BYTES = 16;
const RETRY_MS = 1_000;

const ROLES: Readonly<Record<Config['roles'][number], (process: Process) => Role>> = {
  webhook: webhookRole,
  controller: controllerRole,
  notify: notifyRole,
  console: consoleRole,
  audit: auditRole,
};

/**
 * Runs the configured roles until `signal`; rejects with the first fatal error of one of them.
 *
 * @param apiServer what the environment says of a pod, for a configuration without a kubeconfig
 */
export async function serve(config: Config, signal: AbortSignal, apiServer?: string): Promise<void> {
  const clock = systemClock;
  const metrics = createMetrics({ processMetrics: true });
  const log = createLogger(config.logLevel, countLinesLost(metrics));
  const client = loadKubeClient(
    config.kubeconfig === undefined
      ? { pod: { server: apiServer, folder: SERVICE_ACCOUNT_FOLDER } }
      : { kubeconfig: config.kubeconfig },
    DEFAULT_CLIENT_LIMITS,
    clock,
  );
  let roles: readonly Role[] = [];
  const health = createPlainListener({
    ...config.health,
    // It ends last, when nobody is to come here any more.
    limits: { ...DEFAULT_LISTENER_LIMITS, lingerMs: 0 },
    handler: createHealthHandler({
      live: () => true,
      ready: () =>
        roles.length === 0
          ? [{ name: 'start', ready: false }]
          : roles.map((role) => ({ name: role.name, ready: role.ready(), why: role.waitsFor?.() })),
      metrics: () => metrics.render(),
    }),
    clock,
    log,
  });
  await health.start();

  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  try {
    const self = await whoAmI(client, clock, log, either);
    const keys = await processKeys(client, config, clock, log, either);
    const seals = createSeals({
      mac: (text) => createHmac('sha256', keys.seal).update(text).digest('hex'),
      nonce: () => randomBytes(NONCE_BYTES).toString('hex'),
    });
    const view = createClusterView({ client, clock, log }, config.systemNamespace);
    const people = watchPeople(view.people, () => isFresh({ freshAt: view.people.freshAt() }, clock.now()));
    recordPeopleChanges(people, log, metrics);
    const ledger = createProcessLedger({ clock, client, config, log, metrics });
    const process = {
      config,
      client,
      clock,
      log,
      metrics,
      view,
      votesOf: votesByRequest(view.votes, seals),
      compile: createPolicyCompiler(),
      hmac: (value: string) => `hmac-sha256:${createHmac('sha256', keys.digest).update(value).digest('hex')}`,
      seals,
      identities: identitiesOf(config, self),
      people,
      acts: createActs(client, people),
      surroundingsOf: (request: ApprovalRequest) =>
        surroundingsOf(request, {
          labelsOf: (namespace) => view.namespaces.get(namespace)?.metadata.labels,
          policyOf: (name) => view.policies.get(name),
        }),
      sessionKey: keys.session,
      ledger,
    };
    roles = config.roles.map((name) => ROLES[name](process));
    log.info(
      { roles: config.roles, identity: self.username, seesImpersonation: process.identities.impersonationShows },
      'sallyport started',
    );
    const running = [view.run(either), ...roles.map((role) => role.run(either))];
    const ended = await Promise.allSettled(running.map((each) => each.finally(() => stop.abort())));
    // Behind the last role: each may write into it until it has ended.
    await ledger[Symbol.asyncDispose]();
    for (const end of ended) if (end.status === 'rejected') throw end.reason;
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    stop.abort();
    await health[Symbol.asyncDispose]();
    client.close();
    log.info({}, 'sallyport stopped');
  }
}

/** The keys with which values of Secrets enter digests, of seals, and of sessions; every replica has the same. */
async function processKeys(
  client: KubeClient,
  config: Config,
  clock: Clock,
  log: Logger,
  signal: AbortSignal,
): Promise<{ readonly digest: Buffer; readonly seal: Buffer; readonly session: Secret<Buffer> }> {
  for (;;) {
    try {
      const values = await getOrCreateSecret({
        client,
        namespace: config.systemNamespace,
        name: KEYS_SECRET,
        labels: { 'app.kubernetes.io/part-of': 'sallyport' },
        keys: KEYS,
        generate: () => Promise.resolve(Object.fromEntries(KEYS.map((key) => [key, randomBytes(KEY_BYTES)]))),
        signal,
      });
      return {
        digest: keyOf(values, DIGEST_KEY),
        seal: keyOf(values, SEAL_KEY),
        session: new Secret(keyOf(values, SESSION_KEY)),
      };
    } catch (error) {
      if (signal.aborted) throw error;
      log.error(
        { secret: KEYS_SECRET, err: error instanceof Error ? error.message : 'unknown' },
        'the keys of digests, seals and sessions cannot be read',
      );
      await clock.sleep(RETRY_MS, signal);
    }
  }
}

function keyOf(values: SecretData, name: string): Buffer {
  const key = values.get(name);
  if (key?.length !== KEY_BYTES)
    throw new Error(`the Secret ${KEYS_SECRET} holds no key ${name} of ${KEY_BYTES} bytes`);
  return key;
}
