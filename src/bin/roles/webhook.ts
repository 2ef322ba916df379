import { randomUUID } from 'node:crypto';
import { createRecorder } from '../../enforcement/decision-events.ts';
import { isFresh } from '../../core/decision/snapshot.ts';
import { createSnapshotCache } from '../../enforcement/snapshot-cache.ts';
import { CERTIFICATE_SECRETS } from '../../controller/serving-certificate/certificate-secrets.ts';
import { DEFAULT_LISTENER_LIMITS } from '../../platform/http/listener.ts';
import type { HttpsListener, ServingCertificate } from '../../platform/http/https-listener.ts';
import { createAccessReview } from '../../platform/kube/access-review.ts';
import { createApprovals } from '../../platform/kube/approvals.ts';
import type { KubeObject } from '../../platform/kube/kube-object.ts';
import { createPods } from '../../platform/kube/pods.ts';
import { createWebhook, type WebhookOptions } from '../../webhook/create-webhook.ts';
import { watch } from '../cluster-view.ts';
import { allUsernames } from '../identity.ts';
import type { Process, Role } from '../process.ts';

type Secret = KubeObject & { readonly data?: Readonly<Record<string, string>> };

/** Serves the admission webhook with whatever certificate the Secret holds, from the moment that there is one. */
export function webhookRole(process: Process): Role {
  const { config, client, clock, log } = process;
  const secret = watch<Secret>(
    'serving-certificate',
    { group: '', version: 'v1', plural: 'secrets', namespace: config.systemNamespace },
    process,
    {
      fieldSelector: `metadata.name=${CERTIFICATE_SECRETS.serving}`,
    },
  );
  const key = `${config.systemNamespace}/${CERTIFICATE_SECRETS.serving}`;
  const snapshot = createSnapshotCache(process.view, process.compile);
  const recorder = createRecorder(log, process.metrics);
  let listener: HttpsListener | undefined;

  const create = (certificate: ServingCertificate) =>
    createWebhook(webhookOptions(process, certificate), {
      snapshot,
      settings: {
        systemNamespace: config.systemNamespace,
        ourUsernames: allUsernames(process.identities),
        hmac: process.hmac,
        impersonationShows: process.identities.impersonationShows === true,
        limits: config.requests,
      },
      approvals: createApprovals(client),
      accessReview: createAccessReview(client),
      pods: createPods(client),
      recorder,
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
      secret.onChange((_key, object) => {
        const certificate = certificateOf(object);
        if (certificate === undefined) return;
        if (listener === undefined) {
          listener = create(certificate);
          first.resolve(listener.start().then(({ host, port }) => log.info({ host, port }, 'webhook listens')));
        } else listener.setCertificate(certificate);
      });
      const watching = secret.run(signal);
      const stopped = new Promise<void>((resolve) => {
        signal.addEventListener('abort', () => resolve());
      });
      await Promise.race([first.promise, stopped]);
      await stopped;
      await listener?.[Symbol.asyncDispose]();
      await watching;
      log.info({ secret: key }, 'webhook stopped');
    },
  };
}

function certificateOf(secret: Secret | undefined): ServingCertificate | undefined {
  const text = (name: string) => Buffer.from(secret?.data?.[name] ?? '', 'base64').toString('utf8');
  const certificate = { certificatePem: text('tls.crt'), privateKeyPem: text('tls.key') };
  return certificate.certificatePem === '' || certificate.privateKeyPem === '' ? undefined : certificate;
}

function webhookOptions({ config }: Process, certificate: ServingCertificate): WebhookOptions {
  const { listen, limits } = config.webhook;
  return {
    listener: {
      host: listen.host,
      port: listen.port,
      certificate,
      limits: {
        ...DEFAULT_LISTENER_LIMITS,
        maxConnections: limits.connections,
        maxHeaderBytes: limits.headerBytes,
        requestMs: (limits.bodySeconds + 5) * 1000,
        lingerMs: limits.lingerSeconds * 1000,
        drainMs: limits.drainSeconds * 1000,
      },
    },
    bodyBytes: limits.bodyBytes,
    bodyMs: limits.bodySeconds * 1000,
    inFlightBytes: limits.inFlightBytes,
  };
}
