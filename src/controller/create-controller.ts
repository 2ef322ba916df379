import type { ApprovalPolicy, ApprovalRequest, ApprovalVote } from '../core/api/kinds.ts';
import { ENDED, stateOf } from '../core/approval/approval-state.ts';
import type { Seals } from '../core/approval/seal.ts';
import type { PolicyCompiler } from '../core/decision/compile.ts';
import { createWorkQueue, type WorkQueue } from '../platform/kube/workqueue.ts';
import type { Logger } from '../platform/telemetry/logger.ts';
import type { Metrics } from '../platform/telemetry/metrics.ts';
import type { ServingNames } from '../platform/tls/serving-bundle.ts';
import type { ApiRegistrations } from '../ports/api-registrations.ts';
import type { Clock } from '../ports/clock.ts';
import type { FollowConfigurations, NamedConfiguration } from '../ports/configuration-watch.ts';
import type { ConfigurationWriter } from '../ports/configuration-writer.ts';
import type { Discovery } from '../ports/discovery.ts';
import type { Events } from '../ports/events.ts';
import type { PolicyStatusWriter } from '../ports/policy-status-writer.ts';
import type { RequestStore } from '../ports/request-store.ts';
import type { SecretStore } from '../ports/secret-store.ts';
import type { Watched } from '../ports/watched.ts';
import { FENCE_NAME, isFenceAction } from '../core/attributes/fence-action.ts';
import { createFenceReconciler } from './admission-fence/create-reconciler.ts';
import { createOpeningEvents } from './admission-fence/opening-events.ts';
import { OWN_KINDS_FENCE_NAME } from './admission-fence/own-kinds.ts';
import { createPolicyReconciler } from './approval-policy/create-reconciler.ts';
import { createRequestReconciler } from './approval-request/create-reconciler.ts';
import { createForgeries, type Forgeries } from './approval-request/forgeries.ts';
import { createRequestTransitions } from './approval-request/request-events.ts';
import { createDiscoveryReconciler } from './known-subresources/create-reconciler.ts';
import { createPathSecretReconciler } from './path-secret/create-reconciler.ts';
import { createCertificateReconciler } from './serving-certificate/create-reconciler.ts';
import { createEvidenceApiReconciler } from './evidence-api/create-reconciler.ts';
import type { EvidenceService } from './evidence-api/desired.ts';
import { createEvidenceApiWithdrawer } from './evidence-api/withdraw.ts';
import { createConfigurationReconciler, type Paths } from './webhook-configuration/create-reconciler.ts';
import { createWatchfulWriter } from './watchful-writer.ts';
import { createPace } from './put-back-pace.ts';
import { CONFIGURATION_NAMES, type WebhookAddress } from './webhook-configuration/desired.ts';

export interface ControllerOptions {
  readonly workers: number;
  readonly retentionMs: number;
  readonly webhookAddress: WebhookAddress;
  readonly servingNames: ServingNames;
  /** The Service of the API of evidence, where one is configured; otherwise it is not registered any more. */
  readonly evidenceService?: EvidenceService;
  readonly ourUsernames: readonly string[];
  /** R22: usernames of the channels. */
  readonly voteOnBehalf: { readonly slack: readonly string[]; readonly console: readonly string[] };
  /** R23: whether an impersonated user shows by the credential id that is missing. */
  readonly impersonationShows: boolean;
  readonly systemNamespace: string;
  /** How the webhook tells the API server from others (R50). */
  readonly callers: { readonly kind: 'ClientCertificate' } | { readonly kind: 'PathSecret'; readonly rotateMs: number };
}

export interface ControllerPorts {
  readonly policies: Watched<ApprovalPolicy>;
  readonly policyNow: (name: string, signal: AbortSignal) => Promise<ApprovalPolicy | undefined>;
  readonly requests: Watched<ApprovalRequest>;
  readonly votes: Watched<ApprovalVote>;
  readonly votesOf: (requestUID: string) => readonly ApprovalVote[];
  readonly compile: PolicyCompiler;
  readonly store: RequestStore;
  readonly seals: Seals;
  readonly policyStatus: PolicyStatusWriter;
  readonly configurations: ConfigurationWriter;
  readonly followConfigurations: FollowConfigurations;
  readonly apiRegistrations: ApiRegistrations;
  readonly discovery: Discovery;
  readonly policyKindStands: (signal: AbortSignal) => Promise<boolean>;
  readonly secrets: SecretStore;
  readonly events: Events;
  readonly clock: Clock;
  readonly random: () => number;
  readonly randomSerial: () => Uint8Array;
  readonly newPathSecret: () => string;
  readonly log: Logger;
  readonly metrics: Metrics;
}

/** What is put back as soon as somebody changes it. */
const STANDING: readonly NamedConfiguration[] = [
  { kind: 'ValidatingAdmissionPolicyBinding', name: FENCE_NAME },
  { kind: 'ValidatingAdmissionPolicy', name: FENCE_NAME },
  { kind: 'ValidatingAdmissionPolicyBinding', name: OWN_KINDS_FENCE_NAME },
  { kind: 'ValidatingAdmissionPolicy', name: OWN_KINDS_FENCE_NAME },
  { kind: 'ValidatingWebhookConfiguration', name: CONFIGURATION_NAMES.gate },
  { kind: 'ValidatingWebhookConfiguration', name: CONFIGURATION_NAMES.ownKinds },
  { kind: 'MutatingWebhookConfiguration', name: CONFIGURATION_NAMES.ownKinds },
];

/** The one key of a queue that keeps a single thing in line. */
const ONLY = 'only';

/**
 * What the leader does: requests to their end, policies to their conditions, the webhook configurations and the serving
 * certificate in step. Resolves when `signal`, the leadership, is over.
 */
export function createController(
  options: ControllerOptions,
  ports: ControllerPorts,
): (signal: AbortSignal, stillLeading: () => boolean) => Promise<void> {
  const transitions = createRequestTransitions(ports.log, ports.metrics);
  const forgeries = createForgeries(ports.log, ports.metrics, ports.events);
  const watchful = createWatchfulWriter(ports.configurations, ports);
  const openingEvents = createOpeningEvents(ports.log, ports.metrics, ports.events);
  const lookAtDiscovery = createDiscoveryReconciler(ports.discovery, ports.log, ports.metrics);
  return async (signal, stillLeading) => {
    const paces = new Map(STANDING.map(({ name }) => [name, createPace(ports.clock)]));
    const writer = watchful((name) => paces.get(name)?.note());
    let caBundle: string | undefined;
    let paths: Paths | undefined = options.callers.kind === 'ClientCertificate' ? { secret: undefined } : undefined;
    let carried: Paths | undefined;
    let enforced: ReadonlyMap<string, number> | undefined;
    const queue = (name: string, reconcile: Parameters<typeof createWorkQueue>[0]['reconcile'], concurrency = 1) =>
      createWorkQueue({ name, reconcile, concurrency, clock: ports.clock, random: ports.random, log: ports.log });

    const requests = queue(
      'requests',
      createRequestReconciler({ ...ports, transitions, forgeries, retentionMs: options.retentionMs }),
      options.workers,
    );
    const policies = queue(
      'policies',
      createPolicyReconciler({
        ...ports,
        writer: ports.policyStatus,
        configured: () => enforced !== undefined,
        enforcedGeneration: (policy) => enforced?.get(policy.metadata.uid ?? ''),
      }),
    );
    const configurations = queue(
      'webhook-configurations',
      createConfigurationReconciler({
        ...ports,
        writer,
        address: options.webhookAddress,
        ourUsernames: options.ourUsernames,
        impersonationShows: options.impersonationShows,
        caBundle: () => caBundle,
        stillLeading,
        paths: () => paths,
        onEnforced: (generations, written) => {
          carried = written;
          enforced = generations;
          for (const policy of ports.policies.list()) policies.add(policy.metadata.name);
        },
      }),
    );
    const { evidenceService, systemNamespace } = options;
    const evidenceApi = queue(
      'evidence-api',
      evidenceService === undefined
        ? createEvidenceApiWithdrawer({
            registrations: ports.apiRegistrations,
            systemNamespace,
            stillLeading,
            log: ports.log,
          })
        : createEvidenceApiReconciler({
            writer: ports.configurations,
            service: evidenceService,
            systemNamespace,
            caBundle: () => caBundle,
            stillLeading,
            log: ports.log,
          }),
    );
    const certificates = queue(
      'serving-certificate',
      createCertificateReconciler({
        ...ports,
        names: options.servingNames,
        onBundle: (bundle) => {
          if (bundle === caBundle) return;
          caBundle = bundle;
          configurations.add(ONLY);
          evidenceApi.add(ONLY);
        },
      }),
    );
    const { callers } = options;
    const secrets =
      callers.kind === 'ClientCertificate'
        ? []
        : [
            queue(
              'path-secret',
              createPathSecretReconciler({
                ...ports,
                newSecret: ports.newPathSecret,
                rotateMs: callers.rotateMs,
                carried: () => carried?.secret,
                onSecret: (secret) => {
                  if (secret === paths?.secret) return;
                  paths = { secret };
                  configurations.add(ONLY);
                },
              }),
            ),
          ];
    const fence = queue(
      'admission-fence',
      createFenceReconciler(options, { ...ports, writer, stillLeading, systemNamespace, openingEvents }),
    );
    const discovery = queue('known-subresources', lookAtDiscovery);
    const stop = follow(ports, { requests, policies, configurations, fence }, forgeries);
    const onStanding = ({ kind, name }: NamedConfiguration) =>
      (kind.startsWith('ValidatingAdmission') ? fence : configurations).addAfter(ONLY, paces.get(name)?.pause() ?? 0);
    for (const each of [certificates, fence, discovery, ...secrets, evidenceApi]) each.add(ONLY);
    configurations.add(ONLY);
    try {
      await Promise.all([
        ...[requests, policies, configurations, certificates, fence, discovery, ...secrets, evidenceApi].map((each) =>
          each.run(signal),
        ),
        ports.followConfigurations(STANDING, onStanding, signal),
      ]);
    } finally {
      stop();
    }
  };
}

/** Every change adds keys; what is there already is added once. */
function follow(
  ports: ControllerPorts,
  queues: Readonly<Record<'requests' | 'policies' | 'configurations' | 'fence', WorkQueue>>,
  forgeries: Forgeries,
): () => void {
  const openRequests = () => {
    for (const request of ports.requests.list()) if (!ENDED.has(stateOf(request))) queues.requests.add(keyOf(request));
  };
  // A policy's own status is no news to the webhook configuration.
  const versions = new Map<string, string>();
  const stops = [
    ports.requests.onChange((key, request) => {
      if (request === undefined) queues.requests.forget(key);
      else queues.requests.add(key);
      if (request !== undefined && isFenceAction(request.spec.action)) queues.fence.add(ONLY);
    }),
    ports.votes.onChange((_key, vote) => {
      if (vote === undefined) return;
      if (!ports.seals.isVote(vote)) forgeries.vote(vote);
      queues.requests.add(`${vote.metadata.namespace ?? ''}/${vote.spec.request}`);
    }),
    ports.policies.onChange((key, policy) => {
      if (policy !== undefined) queues.policies.add(key);
      const version = `${policy?.metadata.uid ?? ''}/${policy?.metadata.generation ?? ''}`;
      if (versions.get(key) === version) return;
      if (policy === undefined) versions.delete(key);
      else versions.set(key, version);
      queues.configurations.add(ONLY);
      queues.fence.add(ONLY);
      openRequests();
    }),
  ];
  // Ended ones too, once: they may be due for deletion.
  for (const request of ports.requests.list()) queues.requests.add(keyOf(request));
  for (const policy of ports.policies.list()) queues.policies.add(policy.metadata.name);
  // What was forged while nobody led; of votes on what has ended there may be many from before there were seals.
  for (const vote of ports.votes.list()) {
    const request = ports.requests.get(`${vote.metadata.namespace ?? ''}/${vote.spec.request}`);
    const isOpen = request !== undefined && !ENDED.has(stateOf(request));
    if (isOpen && !ports.seals.isVote(vote)) forgeries.vote(vote);
  }
  return () => {
    for (const stop of stops) stop();
  };
}

function keyOf(request: ApprovalRequest): string {
  return `${request.metadata.namespace ?? ''}/${request.metadata.name}`;
}
