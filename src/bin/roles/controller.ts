import { randomBytes, randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { isFresh } from '../../core/decision/snapshot.ts';
import { PATH_SECRET_BYTES } from '../../controller/path-secret/path-secret.ts';
import { createController } from '../../controller/create-controller.ts';
import type { EvidenceService } from '../../controller/evidence-api/desired.ts';
import type { WebhookAddress } from '../../controller/webhook-configuration/desired.ts';
import { tellOfRefusedPeople } from '../../platform/identity/people-events.ts';
import { sealedStatus } from '../../enforcement/sealed-status.ts';
import type { Config } from '../../platform/config/schema.ts';
import { createApiRegistrations } from '../../platform/kube/api-registrations.ts';
import { createConfigurationWriter } from '../../platform/kube/configuration-writer.ts';
import { createDiscovery } from '../../platform/kube/discovery.ts';
import { createFollowConfigurations } from '../../platform/kube/follow-configurations.ts';
import { createEvents } from '../../platform/kube/events.ts';
import { DEFAULT_LEASE_TIMING, runLeaderElection } from '../../platform/kube/lease.ts';
import { createPolicyStatusWriter, policyKindStands, readPolicy } from '../../platform/kube/policies.ts';
import { createRequestStore } from '../../platform/kube/request-store.ts';
import { createSecretStore } from '../../platform/kube/secret-store.ts';
import { SERIAL_BYTES } from '../../platform/tls/serial.ts';
import type { ServingNames } from '../../platform/tls/serving-bundle.ts';
import { allUsernames } from '../identity.ts';
import type { Process, Role } from '../process.ts';
import { untilSynced } from '../until-synced.ts';
import { leaderGauge, whetherLeading } from '../whether-leading.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Campaigns for the Lease and does the leader's work. */
export function controllerRole(process: Process): Role {
  const { config, client, clock, log, view } = process;
  const identity = `${hostname()}-${randomUUID()}`;
  const events = createEvents({
    client,
    clock,
    random: Math.random,
    log,
    reportingController: 'sallyport.dev/controller',
    reportingInstance: identity,
  });
  tellOfRefusedPeople(process.people, events);
  const address = webhookAddress(config);
  const evidence = evidenceService(config);
  const store = createRequestStore(client);
  const lead = createController(
    {
      workers: config.controller.workers,
      retentionMs: config.controller.retentionDays * DAY_MS,
      webhookAddress: address,
      servingNames: withService(servingNames(address), evidence),
      ...(evidence === undefined ? {} : { evidenceService: evidence }),
      systemNamespace: config.systemNamespace,
      ourUsernames: [...allUsernames(process.identities)],
      voteOnBehalf: {
        slack: [...process.identities.voteOnBehalf.slack],
        console: [...process.identities.voteOnBehalf.console],
      },
      impersonationShows: process.identities.impersonationShows === true,
      callers:
        config.webhook.clientAuthority === undefined
          ? { kind: 'PathSecret', rotateMs: config.webhook.pathSecretHours * HOUR_MS }
          : { kind: 'ClientCertificate' },
    },
    {
      ...view,
      votesOf: process.votesOf,
      compile: process.compile,
      store: { ...store, writeStatus: sealedStatus(store, process.seals) },
      seals: process.seals,
      policyNow: readPolicy(client),
      policyStatus: createPolicyStatusWriter(client),
      configurations: createConfigurationWriter(client),
      followConfigurations: createFollowConfigurations({ client, clock, random: Math.random, log }),
      apiRegistrations: createApiRegistrations(client),
      discovery: createDiscovery(client),
      policyKindStands: policyKindStands(client),
      secrets: createSecretStore(client, config.systemNamespace),
      events,
      clock,
      random: Math.random,
      randomSerial: () => randomBytes(SERIAL_BYTES),
      newPathSecret: () => randomBytes(PATH_SECRET_BYTES).toString('hex'),
      log,
      metrics: process.metrics,
    },
  );
  const leader = leaderGauge(process.metrics, 'controller');
  return {
    name: 'controller',
    ready: () => isFresh({ freshAt: view.freshAt() }, clock.now()),
    run: async (signal) => {
      await untilSynced(process, signal);
      const leaseMs = config.controller.leaseSeconds * 1000;
      await runLeaderElection({
        client,
        clock,
        random: Math.random,
        identity,
        namespace: config.systemNamespace,
        name: config.controller.leaseName,
        onStarted: whetherLeading(leader, lead),
        signal,
        log,
        timing: { leaseMs, renewMs: (leaseMs * 2) / 3, retryMs: Math.min(DEFAULT_LEASE_TIMING.retryMs, leaseMs / 5) },
      });
      await events.drained();
    },
  };
}

function webhookAddress({ webhook, systemNamespace }: Config): WebhookAddress {
  if (webhook.url !== undefined) return { kind: 'Url', url: webhook.url };
  const { namespace, name, port } = webhook.service;
  return { kind: 'Service', namespace: namespace ?? systemNamespace, name, port };
}

function evidenceService({ audit, systemNamespace }: Config): EvidenceService | undefined {
  if (audit?.readApi === undefined) return undefined;
  const { namespace, name, port } = audit.readApi.service;
  return { namespace: namespace ?? systemNamespace, name, port };
}

/** One certificate serves both. */
function withService(names: ServingNames, service: EvidenceService | undefined): ServingNames {
  if (service === undefined) return names;
  return { ...names, dnsNames: [...new Set([...names.dnsNames, `${service.name}.${service.namespace}.svc`])] };
}

/** The names under which API servers verify us: https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#contacting-the-webhook */
function servingNames(address: WebhookAddress): ServingNames {
  switch (address.kind) {
    case 'Service':
      return { dnsNames: [`${address.name}.${address.namespace}.svc`], ipAddresses: [] };
    case 'Url': {
      const host = new URL(address.url).hostname.replace(/^\[|\]$/g, '');
      return /^[\d.]+$|:/.test(host) ? { dnsNames: [], ipAddresses: [host] } : { dnsNames: [host], ipAddresses: [] };
    }
  }
}
