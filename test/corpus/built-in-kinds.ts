/** Where an object of the table is created. Names are of this run alone, so that no earlier request is in the way. */
export interface Place {
  readonly namespace: string;
  readonly name: string;
  /** The name of a pod that is there. */
  readonly pod: string;
  /** A PEM of a certificate request, in base64. */
  readonly certificateRequest: string;
}

export interface KindSample {
  /** What a title adds, where a kind has several. */
  readonly variant?: string;
  /**
   * The least that the API server takes, without apiVersion and kind. `metadata` is laid over name and namespace. A
   * Namespace carries the label by which the policy finds it.
   */
  readonly object: (place: Place) => { readonly metadata?: object; readonly [field: string]: unknown };
}

const pod = (extra: object = {}) => ({
  containers: [{ name: 'app', image: 'local/busybox:1', imagePullPolicy: 'Never', command: ['true'] }],
  ...extra,
});
const labels = { app: 'sample' };
const template = { metadata: { labels }, spec: pod() };
const selector = { matchLabels: labels };
const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' };
const subjects = [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'dave' }];
const rules = [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }];
const generated = ({ name }: Place) => ({ metadata: { name: undefined, generateName: `${name}-` } });
const of = (spec: object): KindSample => ({ object: () => ({ spec }) });

/** Every built-in kind that can be created, by `group/resource`; the core group is empty. */
export const BUILT_IN_KINDS: Readonly<Record<string, readonly KindSample[]>> = {
  '/bindings': [{ object: ({ pod: name }) => ({ metadata: { name }, target: { kind: 'Node', name: 'n' } }) }],
  '/configmaps': [
    { object: () => ({ data: { a: 'b' } }) },
    { variant: 'generateName', object: (place) => ({ ...generated(place), data: { a: 'b' } }) },
  ],
  '/endpoints': [{ object: () => ({ subsets: [{ addresses: [{ ip: '192.0.2.1' }], ports: [{ port: 80 }] }] }) }],
  '/limitranges': [of({ limits: [{ type: 'Pod', max: { cpu: '1' } }] })],
  '/namespaces': [{ object: ({ namespace }) => ({ metadata: { labels: { scene: namespace } } }) }],
  '/nodes': [
    { object: () => ({}) },
    {
      variant: 'its status',
      object: () => ({ status: { addresses: [{ type: 'InternalIP', address: '192.0.2.1' }] } }),
    },
  ],
  '/persistentvolumeclaims': [of({ accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } })],
  '/persistentvolumes': [
    of({ capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], hostPath: { path: '/nowhere' } }),
  ],
  '/pods': [
    of(pod()),
    { variant: 'generateName', object: (place) => ({ ...generated(place), spec: pod() }) },
    {
      variant: 'generic ephemeral volume',
      object: () => ({
        spec: pod({
          volumes: [
            {
              name: 'scratch',
              ephemeral: {
                volumeClaimTemplate: {
                  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
                },
              },
            },
          ],
        }),
      }),
    },
  ],
  '/pods/binding': [{ object: ({ pod: name }) => ({ metadata: { name }, target: { kind: 'Node', name: 'n' } }) }],
  '/pods/eviction': [{ object: ({ pod: name }) => ({ metadata: { name } }) }],
  '/podtemplates': [{ object: () => ({ template }) }],
  '/replicationcontrollers': [of({ selector: labels, template })],
  '/resourcequotas': [of({ hard: { pods: '9' } })],
  '/secrets': [
    { object: () => ({ data: { a: 'Yg==' } }) },
    { variant: 'stringData', object: () => ({ stringData: { c: 'd' } }) },
  ],
  '/serviceaccounts': [{ object: () => ({}) }],
  '/serviceaccounts/token': [{ object: () => ({ metadata: { name: 'default' }, spec: { audiences: ['sample'] } }) }],
  '/services': [
    of({ ports: [{ port: 80 }] }),
    { variant: 'NodePort', ...of({ type: 'NodePort', ports: [{ port: 80 }, { name: 'b', port: 81 }].map(named) }) },
    {
      variant: 'LoadBalancer, local',
      ...of({ type: 'LoadBalancer', externalTrafficPolicy: 'Local', ports: [{ port: 80 }] }),
    },
    { variant: 'headless', ...of({ clusterIP: 'None', ports: [{ port: 80 }] }) },
    { variant: 'dual stack where there is', ...of({ ipFamilyPolicy: 'PreferDualStack', ports: [{ port: 80 }] }) },
  ],
  'apiextensions.k8s.io/customresourcedefinitions': [
    {
      object: ({ name }) => ({
        metadata: { name: `samples.${name}.example.com` },
        spec: {
          group: `${name}.example.com`,
          scope: 'Namespaced',
          names: { plural: 'samples', singular: 'sample', kind: 'Sample' },
          versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
        },
      }),
    },
  ],
  'apiregistration.k8s.io/apiservices': [
    {
      object: ({ name }) => ({
        metadata: { name: `v1.${name}.example.com` },
        spec: {
          group: `${name}.example.com`,
          version: 'v1',
          groupPriorityMinimum: 100,
          versionPriority: 10,
          insecureSkipTLSVerify: true,
          service: { name: 'a', namespace: 'default' },
        },
      }),
    },
  ],
  'apps/controllerrevisions': [{ object: () => ({ revision: 1, data: { a: 'b' } }) }],
  'apps/daemonsets': [of({ selector, template })],
  'apps/deployments': [of({ selector, template })],
  'apps/replicasets': [of({ selector, template })],
  'apps/statefulsets': [of({ serviceName: 'a', selector, template })],
  'autoscaling/horizontalpodautoscalers': [
    of({ maxReplicas: 3, scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'a' } }),
  ],
  'batch/cronjobs': [
    of({ schedule: '0 0 * * *', jobTemplate: { spec: { template: { spec: pod({ restartPolicy: 'Never' }) } } } }),
  ],
  'batch/jobs': [
    of({ template: { spec: pod({ restartPolicy: 'Never' }) } }),
    {
      variant: 'generateName',
      object: (place) => ({ ...generated(place), spec: { template: { spec: pod({ restartPolicy: 'Never' }) } } }),
    },
  ],
  'certificates.k8s.io/certificatesigningrequests': [
    {
      object: ({ certificateRequest }) => ({
        spec: { request: certificateRequest, signerName: 'example.com/sample', usages: ['client auth'] },
      }),
    },
  ],
  'discovery.k8s.io/endpointslices': [
    { object: () => ({ addressType: 'IPv4', endpoints: [{ addresses: ['192.0.2.1'] }], ports: [{ port: 80 }] }) },
  ],
  'flowcontrol.apiserver.k8s.io/flowschemas': [
    of({ priorityLevelConfiguration: { name: 'global-default' }, matchingPrecedence: 9_000, rules: [] }),
  ],
  'flowcontrol.apiserver.k8s.io/prioritylevelconfigurations': [
    of({ type: 'Limited', limited: { nominalConcurrencyShares: 1, limitResponse: { type: 'Reject' } } }),
  ],
  'networking.k8s.io/ingressclasses': [of({ controller: 'example.com/sample' })],
  'networking.k8s.io/ingresses': [of({ defaultBackend: { service: { name: 'a', port: { number: 80 } } } })],
  'networking.k8s.io/ipaddresses': [
    {
      object: () => ({
        metadata: { name: '192.0.2.77' },
        spec: { parentRef: { resource: 'services', namespace: 'default', name: 'a' } },
      }),
    },
  ],
  'networking.k8s.io/networkpolicies': [of({ podSelector: {} })],
  'networking.k8s.io/servicecidrs': [of({ cidrs: ['10.251.0.0/24'] })],
  'node.k8s.io/runtimeclasses': [{ object: () => ({ handler: 'sample' }) }],
  'policy/poddisruptionbudgets': [of({ minAvailable: 1, selector })],
  'rbac.authorization.k8s.io/clusterrolebindings': [{ object: () => ({ roleRef, subjects }) }],
  'rbac.authorization.k8s.io/clusterroles': [{ object: () => ({ rules }) }],
  'rbac.authorization.k8s.io/rolebindings': [{ object: () => ({ roleRef, subjects }) }],
  'rbac.authorization.k8s.io/roles': [{ object: () => ({ rules }) }],
  'resource.k8s.io/deviceclasses': [of({})],
  'resource.k8s.io/resourceclaims': [of({})],
  'resource.k8s.io/resourceclaimtemplates': [of({ spec: {} })],
  'resource.k8s.io/resourceslices': [
    of({ driver: 'sample.example.com', nodeName: 'n', pool: { name: 'p', generation: 1, resourceSliceCount: 1 } }),
  ],
  'scheduling.k8s.io/priorityclasses': [{ object: () => ({ value: 1 }) }],
  'storage.k8s.io/csidrivers': [of({})],
  'storage.k8s.io/csinodes': [of({ drivers: [] })],
  'storage.k8s.io/csistoragecapacities': [{ object: () => ({ storageClassName: 'a' }) }],
  'storage.k8s.io/storageclasses': [{ object: () => ({ provisioner: 'example.com/sample' }) }],
  'storage.k8s.io/volumeattachments': [
    of({ attacher: 'sample.example.com', nodeName: 'n', source: { persistentVolumeName: 'a' } }),
  ],
  'storage.k8s.io/volumeattributesclasses': [
    { object: () => ({ driverName: 'sample.example.com', parameters: { a: 'b' } }) },
  ],
};

const FORBIDDEN = 'R31: a policy that names it is refused';
const AGGREGATED = 'of an aggregated API: no webhook is asked';
const CONNECT = 'a CONNECT: the API server admits no CREATE of it';

/** What can be created and has no digest of a CREATE, and why. A kind that stands in neither table fails the test. */
export const NEVER_GATED: Readonly<Record<string, string>> = {
  '/events': FORBIDDEN,
  'events.k8s.io/events': FORBIDDEN,
  'coordination.k8s.io/leases': FORBIDDEN,
  'authentication.k8s.io/selfsubjectreviews': FORBIDDEN,
  'authentication.k8s.io/tokenreviews': FORBIDDEN,
  'authorization.k8s.io/localsubjectaccessreviews': FORBIDDEN,
  'authorization.k8s.io/selfsubjectaccessreviews': FORBIDDEN,
  'authorization.k8s.io/selfsubjectrulesreviews': FORBIDDEN,
  'authorization.k8s.io/subjectaccessreviews': FORBIDDEN,
  'admissionregistration.k8s.io/mutatingadmissionpolicies': FORBIDDEN,
  'admissionregistration.k8s.io/mutatingadmissionpolicybindings': FORBIDDEN,
  'admissionregistration.k8s.io/mutatingwebhookconfigurations': FORBIDDEN,
  'admissionregistration.k8s.io/validatingadmissionpolicies': FORBIDDEN,
  'admissionregistration.k8s.io/validatingadmissionpolicybindings': FORBIDDEN,
  'admissionregistration.k8s.io/validatingwebhookconfigurations': FORBIDDEN,
  'evidence.sallyport.dev/backtests': AGGREGATED,
  '/nodes/proxy': CONNECT,
  '/pods/attach': CONNECT,
  '/pods/exec': CONNECT,
  '/pods/portforward': CONNECT,
  '/pods/proxy': CONNECT,
  '/services/proxy': CONNECT,
};

function named(port: { readonly name?: string; readonly port: number }) {
  return { name: 'a', ...port };
}
