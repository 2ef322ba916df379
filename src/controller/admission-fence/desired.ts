import { GROUP } from '../../core/api/group.ts';
import { CONFIGURATION_NAMES } from '../webhook-configuration/desired.ts';
import { isOneOf } from '../webhook-configuration/not-the-cluster-itself.ts';

export const FENCE_NAME = 'sallyport-fence';

export interface FenceInput {
  readonly systemNamespace: string;
  /** Usernames of our own processes: the only ones that pass. */
  readonly ourUsernames: readonly string[];
  /** R23: whether an impersonated user shows by the credential id that is missing. */
  readonly impersonationShows: boolean;
}

/** CREATE with generateName has no name yet; a DELETE has no object, not even of a whole collection. */
const NAME = `(object == null ? oldObject.metadata.name : has(object.metadata.name) ? object.metadata.name : '')`;

const WRITES = ['CREATE', 'UPDATE', 'DELETE'];

/**
 * A ValidatingAdmissionPolicy around what the gate stands on, and its binding. The API server asks no webhook about webhook
 * configurations, but it does ask these policies; about the policies themselves it asks nobody (Kubernetes excludes the
 * kinds of admission policies). So who may delete the binding opens the fence: not silently, since the controller puts it
 * back and says so.
 */
export function admissionFence(input: FenceInput): readonly object[] {
  const apiVersion = 'admissionregistration.k8s.io/v1';
  const metadata = { name: FENCE_NAME, labels: { 'app.kubernetes.io/part-of': 'sallyport' } };
  return [
    {
      apiVersion,
      kind: 'ValidatingAdmissionPolicy',
      metadata,
      spec: {
        failurePolicy: 'Fail',
        matchConstraints: {
          // Objects without a namespace are matched whatever the selector says; Namespaces by their own labels.
          namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': input.systemNamespace } },
          resourceRules: [
            rule('admissionregistration.k8s.io', WRITES, [
              'validatingwebhookconfigurations',
              'mutatingwebhookconfigurations',
            ]),
            rule('apiextensions.k8s.io', ['UPDATE', 'DELETE'], ['customresourcedefinitions']),
            rule('rbac.authorization.k8s.io', WRITES, ['clusterroles', 'clusterrolebindings']),
            rule('', WRITES, ['secrets']),
            rule('', ['CREATE'], ['serviceaccounts/token']),
            rule('', ['DELETE'], ['namespaces']),
          ],
        },
        matchConditions: [
          { name: 'not-sallyport-itself', expression: `!(${isOneOf(input.ourUsernames, input)})` },
          { name: 'what-the-gate-stands-on', expression: guarded() },
        ],
        validations: [
          {
            expression: 'false',
            reason: 'Forbidden',
            message:
              'sallyport: the gate stands on this object, so that only Sallyport may change it; for an upgrade open the fence first (docs/operations.md)',
          },
        ],
      },
    },
    {
      apiVersion,
      kind: 'ValidatingAdmissionPolicyBinding',
      metadata,
      spec: { policyName: FENCE_NAME, validationActions: ['Deny', 'Audit'] },
    },
  ];
}

function guarded(): string {
  const group = (name: string) => `request.resource.group == '${name}'`;
  return [
    `${group('admissionregistration.k8s.io')} ? ${NAME} in ${list(Object.values(CONFIGURATION_NAMES))}`,
    `${group('apiextensions.k8s.io')} ? ${NAME}.endsWith('.${GROUP}') && (request.operation == 'DELETE' || object.spec != oldObject.spec)`,
    `${group('rbac.authorization.k8s.io')} ? ${NAME}.startsWith('sallyport')`,
    // The kubelet asks for the tokens of the pods of its node.
    `request.resource.resource == 'serviceaccounts' ? !('system:nodes' in request.userInfo.groups && !('system:masters' in request.userInfo.groups))`,
    'true',
  ].join(' : ');
}

function rule(group: string, operations: readonly string[], resources: readonly string[]): object {
  return { apiGroups: [group], apiVersions: ['*'], operations, resources, scope: '*' };
}

function list(texts: readonly string[]): string {
  return `[${texts.map((text) => JSON.stringify(text)).join(', ')}]`;
}
