import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '../../src/platform/clock/system-clock.ts';
import { POLICIES } from '../../src/platform/kube/approvals.ts';
import { resourcePath } from '../../src/platform/kube/resource-path.ts';
import type { Clock } from '../../src/ports/clock.ts';
import { achieves } from '../../test/harness/achieves.ts';
import { type ControlPlane, startControlPlane } from '../../test/harness/control-plane.ts';
import { clusterPaths } from '../../tools/cluster/paths.ts';
import { signCertificate } from '../../tools/cluster/pki.ts';
import { repositoryRoot } from '../../tools/cluster/profiles.ts';
import { gatingPolicies } from './policies.ts';

/** A real API server with Sallyport's kinds, roles and policies, a pod to run commands in, and certificates for peers. */
export interface Workbench extends AsyncDisposable {
  readonly plane: ControlPlane;
  readonly clock: Clock;
  /** Logs and what peers need; gone at the end. */
  readonly directory: string;
  /** Files, and the PEM of who signed them. ECDSA P-256, as Sallyport's own. */
  readonly peerTls: { readonly certificate: string; readonly key: string; readonly authority: string };
}

const RBAC = '/apis/rbac.authorization.k8s.io/v1';

export async function openWorkbench(portBase: number): Promise<Workbench> {
  const plane = await startControlPlane(portBase);
  try {
    const root = repositoryRoot();
    for (const path of ['deploy/namespace.yaml', 'deploy', 'crds']) await plane.apply(join(root, path));
    await people(plane);
    await pod(plane);
    await achieves('our kinds to be served', () => plane.admin.list(resourcePath(POLICIES)));
    for (const policy of gatingPolicies()) await plane.admin.create(resourcePath(POLICIES), policy);
    const { pki } = clusterPaths(plane.directory);
    await signCertificate(pki, {
      name: 'peer',
      authority: 'ca',
      user: 'peer',
      groups: [],
      usage: ['serverAuth'],
      alternativeNames: ['IP:127.0.0.1'],
    });
    return {
      plane,
      clock: systemClock,
      directory: plane.directory,
      peerTls: {
        certificate: join(pki, 'peer.crt'),
        key: join(pki, 'peer.key'),
        authority: await readFile(join(pki, 'ca.crt'), 'utf8'),
      },
      [Symbol.asyncDispose]: () => plane[Symbol.asyncDispose](),
    };
  } catch (error) {
    await plane[Symbol.asyncDispose]();
    throw error;
  }
}

/** Developers may run commands, sre may vote. */
async function people({ admin }: ControlPlane): Promise<void> {
  const bind = (name: string, role: string, group: string) => ({
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
    subjects: [{ kind: 'Group', name: group, apiGroup: 'rbac.authorization.k8s.io' }],
  });
  await admin.create(`${RBAC}/clusterroles`, {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name: 'bench-exec' },
    rules: [{ apiGroups: [''], resources: ['pods/exec'], verbs: ['create', 'get'] }],
  });
  await admin.create(`${RBAC}/clusterrolebindings`, bind('bench-exec', 'bench-exec', 'developers'));
  await admin.create(`${RBAC}/clusterrolebindings`, bind('bench-approvers', 'sallyport-approver', 'sre'));
}

/** prod/web-0, which runs as far as the API server knows: there is no kubelet. */
async function pod({ admin }: ControlPlane): Promise<void> {
  const v1 = (kind: string, metadata: object, rest: object = {}) => ({ apiVersion: 'v1', kind, metadata, ...rest });
  await admin.create('/api/v1/namespaces', v1('Namespace', { name: 'prod', labels: { env: 'prod' } }));
  await admin.create('/api/v1/namespaces/prod/serviceaccounts', v1('ServiceAccount', { name: 'default' }));
  const containers = [{ name: 'app', image: 'local/web:1' }];
  const spec = { automountServiceAccountToken: false, containers };
  await achieves('a pod to be created', () =>
    admin.create('/api/v1/namespaces/prod/pods', v1('Pod', { name: 'web-0', labels: { app: 'web' } }, { spec })),
  );
  const running = { name: 'app', image: 'local/web:1', imageID: '', ready: true, restartCount: 0 };
  const containerStatuses = [{ ...running, state: { running: { startedAt: '2026-01-01T10:00:00Z' } } }];
  await admin.patch(
    '/api/v1/namespaces/prod/pods/web-0/status',
    { status: { phase: 'Running', containerStatuses } },
    { type: 'merge' },
  );
}
