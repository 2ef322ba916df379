import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { ClusterAddresses, ClusterPorts } from './addresses.ts';
import { type AuditMode, auditWebhookFlags } from './audit-webhook.ts';
import type { ClusterPaths } from './paths.ts';
import { repositoryRoot } from './profiles.ts';

/** Files that the API server reads, by name within the config folder. */
export function apiServerFiles(paths: ClusterPaths): Record<string, string> {
  const webhookClient = join(paths.config, 'webhook-client.yaml');
  const plugin = (name: string): object => ({
    name,
    configuration: {
      apiVersion: 'apiserver.config.k8s.io/v1',
      kind: 'WebhookAdmissionConfiguration',
      kubeConfigFile: webhookClient,
    },
  });
  return {
    'admission.yaml': stringify({
      apiVersion: 'apiserver.config.k8s.io/v1',
      kind: 'AdmissionConfiguration',
      plugins: [plugin('ValidatingAdmissionWebhook'), plugin('MutatingAdmissionWebhook')],
    }),
    // The user named * is how the API server shows itself to every webhook (Kubernetes docs, "Authenticate API servers").
    'webhook-client.yaml': stringify({
      apiVersion: 'v1',
      kind: 'Config',
      users: [
        {
          name: '*',
          user: {
            'client-certificate': join(paths.pki, 'webhook-client.crt'),
            'client-key': join(paths.pki, 'webhook-client.key'),
          },
        },
      ],
    }),
    // The one that docs/audit.md recommends.
    'audit-policy.yaml': readFileSync(join(repositoryRoot(), 'deploy/kind/audit/policy.yaml'), 'utf8'),
  };
}

export interface ApiServerSettings {
  readonly paths: ClusterPaths;
  readonly addresses: ClusterAddresses;
  readonly ports: ClusterPorts;
  /** Where audit events are sent besides the log. */
  readonly audit: { readonly kubeconfig: string; readonly mode: AuditMode } | undefined;
}

/** Flags of kube-apiserver; what is not named keeps its default, as in a cluster of production. */
export function apiServerFlags({ paths, addresses, ports, audit }: ApiServerSettings): string[] {
  const pki = (name: string): string => join(paths.pki, name);
  const config = (name: string): string => join(paths.config, name);
  return [
    `--etcd-servers=http://127.0.0.1:${ports.etcdClient}`,
    `--secure-port=${ports.apiServer}`,
    // Both clients of this machine (127.0.0.1) and pods (the bridge) reach it.
    '--bind-address=0.0.0.0',
    `--advertise-address=${addresses.host}`,
    `--client-ca-file=${pki('ca.crt')}`,
    `--tls-cert-file=${pki('kube-apiserver.crt')}`,
    `--tls-private-key-file=${pki('kube-apiserver.key')}`,
    `--service-account-key-file=${pki('service-account.pub')}`,
    `--service-account-signing-key-file=${pki('service-account.key')}`,
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-cluster-ip-range=${addresses.serviceRange}`,
    '--authorization-mode=Node,RBAC',
    '--allow-privileged=true',
    `--kubelet-client-certificate=${pki('kubelet-client.crt')}`,
    `--kubelet-client-key=${pki('kubelet-client.key')}`,
    `--kubelet-certificate-authority=${pki('ca.crt')}`,
    '--kubelet-preferred-address-types=InternalIP',
    // Aggregated APIs are called by endpoint, and are shown the caller with a certificate of its own authority.
    '--enable-aggregator-routing=true',
    `--requestheader-client-ca-file=${pki('front-proxy-ca.crt')}`,
    '--requestheader-allowed-names=front-proxy',
    '--requestheader-username-headers=X-Remote-User',
    '--requestheader-group-headers=X-Remote-Group',
    '--requestheader-extra-headers-prefix=X-Remote-Extra-',
    `--proxy-client-cert-file=${pki('front-proxy.crt')}`,
    `--proxy-client-key-file=${pki('front-proxy.key')}`,
    `--admission-control-config-file=${config('admission.yaml')}`,
    `--audit-policy-file=${config('audit-policy.yaml')}`,
    `--audit-log-path=${paths.auditLog}`,
    // Megabytes: a soak of days must not fill the disk.
    '--audit-log-maxsize=500',
    '--audit-log-maxbackup=1',
    ...(audit === undefined ? [] : auditWebhookFlags(audit.kubeconfig, audit.mode)),
  ];
}
