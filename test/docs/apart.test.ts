import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { configSchema } from '../../src/platform/config/schema.ts';
import { auditWebhookKubeconfig } from '../../tools/cluster/audit-webhook.ts';
import { blocksOf } from './markdown.ts';
import { AUDIT_NODE_FLAGS, NODE_FLAGS } from '../../tools/install/node-options.ts';

const read = (path: string): string => readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), 'utf8');

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly data?: Readonly<Record<string, string>>;
  readonly spec?: {
    readonly replicas?: number;
    readonly selector?: object;
    readonly ports?: readonly { readonly port: number; readonly targetPort: string }[];
    readonly template?: { readonly metadata: { readonly labels: object }; readonly spec: Pod };
  };
}

interface Pod {
  readonly serviceAccountName: string;
  readonly containers: readonly {
    readonly command: readonly string[];
    readonly args: readonly string[];
    readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
    readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
  }[];
  readonly volumes: readonly { readonly name: string; readonly secret?: { readonly secretName: string } }[];
}

const ROLES = ['webhook', 'controller', 'audit'] as const;

const manifests = ['config', ...ROLES].flatMap((file) =>
  parseAllDocuments(read(`deploy/apart/${file}.yaml`)).map((document) => document.toJS() as Manifest),
);
const written = parse(manifests.find(({ kind }) => kind === 'ConfigMap')?.data?.['sallyport.yaml'] ?? '') as Record<
  string,
  unknown
>;
const podOf = (role: string): Pod => {
  const workload = manifests.find(({ metadata, spec }) => metadata.name === `sallyport-${role}` && spec?.template);
  if (workload?.spec?.template === undefined) throw new Error(`there is no workload of the role ${role}`);
  return workload.spec.template.spec;
};

/** Every path below this part of the configuration. */
function pathsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return value.startsWith('/') ? [value] : [];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(pathsIn) : [];
}

/** What a role reads and writes of it. */
const FILES: Readonly<Record<(typeof ROLES)[number], readonly string[]>> = {
  webhook: pathsIn(written['recorder']),
  controller: [],
  audit: pathsIn(written['audit']),
};

describe('deploy/apart', () => {
  test.each(ROLES)('the role %s starts with the configuration, as its own ServiceAccount', (role) => {
    const pod = podOf(role);
    const args = pod.containers[0]?.args ?? [];
    expect(args.slice(-2)).toEqual(['--roles', role]);
    const flags = role === 'audit' ? AUDIT_NODE_FLAGS : NODE_FLAGS;
    expect(pod.containers[0]?.command).toEqual(['node', ...flags, 'src/bin/sallyport.ts']);
    expect(configSchema.parse({ ...written, roles: [role] }).roles).toEqual([role]);
    expect(pod.serviceAccountName).toBe(`sallyport-${role}`);
    expect(read(`deploy/rbac-audit.yaml`) + read('deploy/service-accounts.yaml')).toContain(
      `kind: ServiceAccount\nmetadata: {name: ${pod.serviceAccountName},`,
    );
  });

  test.each(ROLES)('the role %s has a volume for each of its files, and for no other', (role) => {
    const [container] = podOf(role).containers;
    const mounts = (container?.volumeMounts ?? []).map(({ mountPath }) => mountPath);
    const needed = [...FILES[role], container?.args[2] ?? ''];
    expect(needed.filter((path) => !mounts.some((mount) => path.startsWith(`${mount}/`)))).toEqual([]);
    expect(mounts.filter((mount) => !needed.some((path) => path.startsWith(`${mount}/`)))).toEqual([]);
  });

  test('no role has the Secrets of another', () => {
    const secrets = ROLES.map((role) => podOf(role).volumes.flatMap(({ secret }) => secret?.secretName ?? []));
    expect(secrets).toEqual([['sallyport-recorder-tls'], [], ['sallyport-audit-tls']]);
  });

  test('every port of a Service leads to one on which the role listens', () => {
    const { webhook, audit } = configSchema.parse({ ...written, roles: ['audit'] });
    const listens = {
      sallyport: { webhook: webhook.listen.port },
      'sallyport-audit': {
        receiver: audit?.receiver?.listen.port,
        intake: audit?.intake?.listen.port,
        evidence: audit?.readApi?.listen.port,
      },
    };
    const services = manifests.filter(({ kind }) => kind === 'Service');
    const led = services.map(({ metadata, spec }) => {
      const pod = manifests.find(
        (each) => each.spec?.template && contains(each.spec.template.metadata.labels, spec?.selector ?? {}),
      )?.spec?.template?.spec;
      const ports = pod?.containers[0]?.ports ?? [];
      const to = (spec?.ports ?? []).map(({ targetPort }) => [
        targetPort,
        ports.find(({ name }) => name === targetPort)?.containerPort,
      ]);
      return [metadata.name, Object.fromEntries(to)];
    });
    expect(Object.fromEntries(led)).toEqual(listens);
  });

  test('who is called by name is found under that name, and the ledger has one writer', () => {
    const { recorder, audit, webhook } = configSchema.parse({ ...written, roles: ['audit'] });
    const portsOf = (name: string) =>
      (manifests.find((each) => each.kind === 'Service' && each.metadata.name === name)?.spec?.ports ?? []).map(
        ({ port }) => port,
      );
    expect(new URL(recorder?.url ?? '').host).toBe('sallyport-audit.sallyport-system.svc:8447');
    expect(portsOf('sallyport-audit')).toEqual(expect.arrayContaining([8447, audit?.readApi?.service.port]));
    expect(audit?.readApi?.service.name).toBe('sallyport-audit');
    expect(portsOf(webhook.service.name)).toContain(webhook.service.port);
    const workload = manifests.find(
      ({ kind, metadata }) => kind === 'StatefulSet' && metadata.name === 'sallyport-audit',
    );
    expect(workload?.spec?.replicas).toBe(1);
  });

  test('who writes status, opens requests and deletes them is one of its ServiceAccounts', () => {
    const account = (role: string) => `system:serviceaccount:sallyport-system:sallyport-${role}`;
    expect(written['identities']).toEqual({
      writeStatus: ROLES.map(account),
      openForOthers: [account('webhook')],
      retention: [account('controller')],
    });
  });
});

describe('the documentation shows what is tested', () => {
  const block = (page: string, has: string): unknown => {
    const found = blocksOf(read(page)).find(({ language, text }) => language === 'yaml' && text.includes(has));
    return parse(found?.text ?? '') as unknown;
  };

  test('the kubeconfig of the audit webhook is the one that our clusters have, and that of kind', () => {
    const folder = '/etc/kubernetes/audit';
    const documented = block('docs/audit.md', 'kind: Config');
    expect(documented).toEqual(parse(auditWebhookKubeconfig(folder, '10.96.0.46', 8446)));
    const ofKind = parse(read('deploy/kind/audit/webhook.yaml')) as unknown;
    expect(ofKind).toEqual(parse(auditWebhookKubeconfig(folder, '127.0.0.1', 30_444)));
  });

  test('what the receiver is told is what that kubeconfig needs', () => {
    const { audit } = configSchema.parse(block('docs/audit.md', 'clientNames'));
    expect(audit?.receiver).toMatchObject({ clientNames: ['kube-apiserver-audit'], listen: { port: 8446 } });
  });

  test('the intake and its webhooks are those of deploy/apart', () => {
    const { audit, recorder } = block('docs/operations.md', 'spoolDirectory') as {
      audit: { ledger: object; intake: object };
      recorder: object;
    };
    expect(written).toMatchObject({ audit, recorder });
  });
});

function contains(labels: object, selector: object): boolean {
  const has = labels as Readonly<Record<string, unknown>>;
  return Object.entries(selector).every(([name, value]) => has[name] === value);
}
