import { randomUUID } from 'node:crypto';
import { createDecisionEvents } from '../../enforcement/decision-events.ts';
import { createHeldReviews, heldGauge } from '../../enforcement/held-reviews.ts';
import { createRequestSignals } from '../../enforcement/request-signals.ts';
import { isFresh } from '../../core/decision/snapshot.ts';
import { createPolicyRevisions } from '../../enforcement/policy-revisions.ts';
import { sealedStatus } from '../../enforcement/sealed-status.ts';
import { createSnapshotCache } from '../../enforcement/snapshot-cache.ts';
import { CERTIFICATE_SECRETS } from '../../controller/serving-certificate/certificate-secrets.ts';
import { DEFAULT_LISTENER_LIMITS } from '../../platform/http/listener.ts';
import type { HttpsListener, ServingCertificate } from '../../platform/http/https-listener.ts';
import { createAccessReview } from '../../platform/kube/access-review.ts';
import { createApprovals } from '../../platform/kube/approvals.ts';
import { createPods } from '../../platform/kube/pods.ts';
import { isPair } from '../../platform/tls/serving-bundle.ts';
import { createWebhook, type WebhookOptions } from '../../webhook/create-webhook.ts';
import { watch } from '../cluster-view.ts';
import { allUsernames } from '../identity.ts';
import type { Process, Role } from '../process.ts';
import { webhookRecorder } from './webhook-recorder.ts';
import { type CallerAuthentication, callerAuthentication, type SecretObject, secretValues } from './webhook-callers.ts';

/**
 * Serves the admission webhook with whatever certificate the Secret holds, from the moment that there is one and that the
 * API server can be told from other callers.
 */
export function webhookRole(process: Process): Role {
  const { config, client, clock, log } = process;
  const secret = watch<SecretObject>(
    'serving-certificate',
    { group: '', version: 'v1', plural: 'secrets', namespace: config.systemNamespace },
    process,
    {
      fieldSelector: `metadata.name=${CERTIFICATE_SECRETS.serving}`,
    },
  );
  const key = `${config.systemNamespace}/${CERTIFICATE_SECRETS.serving}`;
  const snapshot = createSnapshotCache(process.view, process.compile, process.seals);
  const revisions = createPolicyRevisions(process.view.policies, clock);
  const recording = webhookRecorder(process);
  const decided = createDecisionEvents(log, process.metrics);
  const signals = createRequestSignals(process.view.requests, clock);
  const held = createHeldReviews(config.requests, heldGauge(process.metrics));
  const approvals = createApprovals(client);
  let listener: HttpsListener | undefined;

  const create = (certificate: ServingCertificate, authentication: CallerAuthentication) =>
    createWebhook(webhookOptions(process, certificate, authentication), {
      snapshot,
      revisions,
      settings: {
        systemNamespace: config.systemNamespace,
        ourUsernames: allUsernames(process.identities),
        hmac: process.hmac,
        seals: process.seals,
        people: () => process.people.now(),
        impersonationShows: process.identities.impersonationShows === true,
        limits: config.requests,
      },
      approvals: { ...approvals, writeStatus: sealedStatus(approvals, process.seals) },
      accessReview: createAccessReview(client),
      pods: createPods(client),
      recorder: recording.recorder,
      decided,
      signals,
      held,
      clock,
      log,
      votes: process.votesOf,
      compile: process.compile,
      identities: process.identities,
      newId: randomUUID,
    });

  return {
    name: 'webhook',
    ready: () => (listener?.ready() ?? false) && isFresh({ freshAt: process.view.freshAt() }, clock.now()),
    run: async (signal) => {
      const first = Promise.withResolvers<void>();
      let latest: ServingCertificate | undefined;
      const authentication = await callerAuthentication(process);
      const watchingCallers = authentication.run(signal);
      secret.onChange((_key, object) => {
        const certificate = certificateOf(object);
        if (certificate === undefined) return;
        listener?.setCertificate(certificate);
        if (latest === undefined) first.resolve();
        latest = certificate;
      });
      const watching = secret.run(signal);
      const recordingRuns = recording.run(signal);
      const stopped = new Promise<void>((resolve) => {
        if (signal.aborted) resolve();
        signal.addEventListener('abort', () => resolve());
      });
      await Promise.race([Promise.all([first.promise, authentication.known]), stopped]);
      if (latest !== undefined && !signal.aborted) {
        listener = create(latest, authentication);
        const { host, port } = await listener.start();
        log.info({ host, port }, 'webhook listens');
      }
      await stopped;
      await listener?.[Symbol.asyncDispose]();
      await recording.close();
      await Promise.all([watching, watchingCallers, recordingRuns]);
      log.info({ secret: key }, 'webhook stopped');
    },
  };
}

function certificateOf(secret: SecretObject | undefined): ServingCertificate | undefined {
  const values = secretValues(secret);
  const pair = { certificatePem: values['tls.crt'] ?? '', privateKeyPem: values['tls.key'] ?? '' };
  return isPair(pair) ? pair : undefined;
}

function webhookOptions(
  { config }: Process,
  certificate: ServingCertificate,
  { callers, clientCaPem }: CallerAuthentication,
): WebhookOptions {
  const { listen, limits } = config.webhook;
  return {
    listener: {
      host: listen.host,
      port: listen.port,
      certificate,
      ...(clientCaPem === undefined ? {} : { clientCaPem }),
      limits: {
        ...DEFAULT_LISTENER_LIMITS,
        maxConnections: limits.connections,
        maxHeaderBytes: limits.headerBytes,
        requestMs: (limits.bodySeconds + 5) * 1000,
        lingerMs: limits.lingerSeconds * 1000,
        drainMs: limits.drainSeconds * 1000,
      },
    },
    callers,
    bodyBytes: limits.bodyBytes,
    bodyMs: limits.bodySeconds * 1000,
    inFlightBytes: limits.inFlightBytes,
  };
}
