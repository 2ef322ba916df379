import { join } from 'node:path';
import { stringify } from 'yaml';
import type { ClusterPaths } from './paths.ts';

/** `--audit-webhook-mode`: what a request has to wait for. */
export type AuditMode = 'batch' | 'blocking' | 'blocking-strict';

/** A receiver of audit events that will listen on this machine: the API server is told of it before it exists. */
export interface AuditReceiver {
  readonly port: number;
  readonly mode: AuditMode;
}

/** What that receiver needs: both certificates are the cluster's own, made when it starts. */
export interface AuditReceiverFiles {
  readonly host: string;
  readonly port: number;
  readonly certificateFile: string;
  readonly keyFile: string;
  /** Of the certificate that the API server shows it. */
  readonly clientAuthority: string;
  readonly clientName: string;
}

export const AUDIT_CLIENT = 'kube-apiserver-audit';

export function auditReceiverFiles(paths: ClusterPaths, host: string, port: number): AuditReceiverFiles {
  const pki = (name: string): string => join(paths.pki, name);
  return {
    host,
    port,
    certificateFile: pki('audit-receiver.crt'),
    keyFile: pki('audit-receiver.key'),
    clientAuthority: pki('webhook-ca.crt'),
    clientName: AUDIT_CLIENT,
  };
}

/** The file within the config folder. */
export const AUDIT_KUBECONFIG = 'audit-webhook.yaml';

/** For `--audit-webhook-config-file`. */
export function auditWebhookKubeconfig(paths: ClusterPaths, host: string, port: number): string {
  const pki = (name: string): string => join(paths.pki, name);
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: 'sallyport',
        cluster: { server: `https://${host}:${port}/v1/events`, 'certificate-authority': pki('ca.crt') },
      },
    ],
    users: [
      {
        name: 'kube-apiserver',
        user: { 'client-certificate': pki('audit-client.crt'), 'client-key': pki('audit-client.key') },
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
