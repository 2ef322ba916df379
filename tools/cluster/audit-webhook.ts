import { join } from 'node:path';
import { stringify } from 'yaml';
import type { ClusterPaths } from './paths.ts';
import { repositoryRoot } from './profiles.ts';
import { run } from './run.ts';

/** `--audit-webhook-mode`: what a request has to wait for. */
export type AuditMode = 'batch' | 'blocking' | 'blocking-strict';

/** A receiver of audit events that will listen on this machine: the API server is told of it before it exists. */
export interface AuditReceiver {
  readonly port: number;
  readonly mode: AuditMode;
}

/** What that receiver needs: made by `deploy/audit/certificates.sh`, as docs/audit.md says. */
export interface AuditReceiverFiles {
  /** With those, and those of webhook processes that hand in records (`sallyport-webhook.crt`, `.key`). */
  readonly folder: string;
  readonly host: string;
  readonly port: number;
  readonly certificateFile: string;
  readonly keyFile: string;
  /** Of the certificate that the API server shows it. */
  readonly clientAuthority: string;
  readonly clientName: string;
}

/** Under which webhook processes in the cluster call the role audit (deploy/audit). */
export const AUDIT_SERVICE_NAME = 'sallyport-audit.sallyport-system.svc';

const AUDIT_CLIENT = 'kube-apiserver-audit';

/** Signs anew what is there. */
export async function writeAuditCertificates(folder: string, host: string): Promise<void> {
  const script = join(repositoryRoot(), 'deploy/audit/certificates.sh');
  await run('sh', [script, folder, ...new Set([host, '127.0.0.1', AUDIT_SERVICE_NAME])]);
}

/** @param folder of `writeAuditCertificates` */
export function auditReceiverFiles(folder: string, host: string, port: number): AuditReceiverFiles {
  return {
    folder,
    host,
    port,
    certificateFile: join(folder, 'server.crt'),
    keyFile: join(folder, 'server.key'),
    clientAuthority: join(folder, 'ca.crt'),
    clientName: AUDIT_CLIENT,
  };
}

/** Where the files of a binary cluster are. */
export function auditFolder(paths: ClusterPaths): string {
  return join(paths.pki, 'audit');
}

/** The file within the config folder. */
export const AUDIT_KUBECONFIG = 'audit-webhook.yaml';

/**
 * For `--audit-webhook-config-file`.
 *
 * @param folder with the certificates, as the API server sees it
 */
export function auditWebhookKubeconfig(folder: string, host: string, port: number): string {
  const file = (name: string): string => join(folder, name);
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: 'sallyport',
        cluster: { server: `https://${host}:${port}/v1/events`, 'certificate-authority': file('ca.crt') },
      },
    ],
    users: [
      {
        name: 'kube-apiserver',
        user: { 'client-certificate': file(`${AUDIT_CLIENT}.crt`), 'client-key': file(`${AUDIT_CLIENT}.key`) },
      },
    ],
    contexts: [{ name: 'sallyport', context: { cluster: 'sallyport', user: 'kube-apiserver' } }],
    'current-context': 'sallyport',
  });
}

/**
 * @param kubeconfig its path
 */
export function auditWebhookFlags(kubeconfig: string, mode: AuditMode): string[] {
  const config = `--audit-webhook-config-file=${kubeconfig}`;
  // Each event goes by itself, and the request waits for it, through all five attempts: not for 81 s.
  if (mode !== 'batch') return [config, `--audit-webhook-mode=${mode}`, '--audit-webhook-initial-backoff=500ms'];
  return [
    config,
    // The default waits up to 30 s for a batch of 400: too long for somebody who looks on. The backoff keeps its default, by
    // which nothing is lost in an outage of 80 s: a busy machine takes that long to start Sallyport again.
    '--audit-webhook-batch-max-wait=1s',
  ];
}
