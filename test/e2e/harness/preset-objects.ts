import forge from 'node-forge';

export const KIND = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'widgets.presets.example.com' },
  spec: {
    group: 'presets.example.com',
    scope: 'Namespaced',
    names: { kind: 'Widget', listKind: 'WidgetList', plural: 'widgets', singular: 'widget' },
    versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
  },
};

export const CSR = 'preset-certificate';

/** For a client certificate in the name of an approver. */
export function signingRequest(): object {
  const { publicKey, privateKey } = forge.pki.rsa.generateKeyPair(2048);
  const csr = forge.pki.createCertificationRequest();
  csr.publicKey = publicKey;
  csr.setSubject([
    { name: 'commonName', value: 'bob' },
    { name: 'organizationName', value: 'sre' },
  ]);
  csr.sign(privateKey, forge.md.sha256.create());
  return {
    apiVersion: 'certificates.k8s.io/v1',
    kind: 'CertificateSigningRequest',
    metadata: { name: CSR },
    spec: {
      request: Buffer.from(forge.pki.certificationRequestToPem(csr)).toString('base64'),
      signerName: 'kubernetes.io/kube-apiserver-client',
      usages: ['client auth'],
    },
  };
}

/** A policy that matches nothing of anybody's. */
export const POLICY = {
  apiVersion: 'sallyport.dev/v1alpha1',
  kind: 'ApprovalPolicy',
  metadata: { name: 'preset-new-policy' },
  spec: {
    match: {
      resourceRules: [{ apiGroups: [''], apiVersions: ['*'], operations: ['CONNECT'], resources: ['pods/exec'] }],
      namespaceSelector: { matchLabels: { nowhere: 'at-all' } },
    },
    approval: { stages: [{ name: 'sre', approvers: [{ kind: 'Group', name: 'sre' }] }] },
  },
};

export function pod(namespace: string, name: string, more: object): object {
  const container = { name: 'app', image: 'local/busybox:1', imagePullPolicy: 'Never', command: ['sleep', '60'] };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace },
    spec: { terminationGracePeriodSeconds: 0, containers: [container], ...more },
  };
}

export function privileged(workload: object): object {
  const object = structuredClone(workload) as {
    spec: { replicas: number; template: { spec: { containers: { securityContext?: object }[] } } };
  };
  object.spec.replicas = 0;
  for (const container of object.spec.template.spec.containers) container.securityContext = { privileged: true };
  return object;
}

/** Two replicas that sleep, without volumes: their retention is the same field. */
export function statefulSet(namespace: string): object {
  const container = { name: 'db', image: 'local/busybox:1', imagePullPolicy: 'Never', command: ['sleep', '3600'] };
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: 'db', namespace },
    spec: {
      replicas: 2,
      serviceName: 'db',
      selector: { matchLabels: { app: 'db' } },
      template: {
        metadata: { labels: { app: 'db' } },
        spec: { terminationGracePeriodSeconds: 0, containers: [container] },
      },
    },
  };
}

export function role(namespace: string, name: string, rule: object): object {
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'Role',
    metadata: { name, namespace },
    rules: [{ apiGroups: ['*'], ...rule }],
  };
}
