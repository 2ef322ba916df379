import { SHOWS_CREDENTIAL_ID } from '../../core/attributes/credential-id.ts';
import { FENCE_NAME } from '../../core/attributes/fence-action.ts';
import { CONFIGURATION_NAMES } from '../webhook-configuration/desired.ts';
import { fencedRule, fenceObjects } from './fence-objects.ts';
import { guarded, neverOpened } from './guarded.ts';
import { isOneOf } from '../webhook-configuration/not-the-cluster-itself.ts';

/** Whom the fence lets through for now. */
export interface Passage {
  readonly username: string;
  /** Whoever asked showed a credential of their own: who impersonates them, and has none, does not pass. */
  readonly credential: boolean;
}

export interface FenceInput {
  readonly systemNamespace: string;
  /** Usernames of our own processes: the only ones that always pass. */
  readonly ourUsernames: readonly string[];
  /** R23: whether an impersonated user shows by the credential id that is missing. */
  readonly impersonationShows: boolean;
}

const WRITES = ['CREATE', 'UPDATE', 'DELETE'];

/**
 * A ValidatingAdmissionPolicy around what the gate stands on, and its binding. The API server asks no webhook about webhook
 * configurations, but it does ask these policies; about the policies themselves it asks nobody (Kubernetes excludes the
 * kinds of admission policies). So who may delete the binding opens the fence: not silently, since the controller puts it
 * back and says so.
 */
export function admissionFence(input: FenceInput, passages: readonly Passage[] = []): readonly object[] {
  return fenceObjects(FENCE_NAME, {
    matchConstraints: {
      // Objects without a namespace are matched whatever the selector says; Namespaces by their own labels.
      namespaceSelector: {
        matchExpressions: [
          { key: 'kubernetes.io/metadata.name', operator: 'In', values: [input.systemNamespace, 'kube-system'] },
        ],
      },
      resourceRules: [
        fencedRule('admissionregistration.k8s.io', WRITES, [
          'validatingwebhookconfigurations',
          'mutatingwebhookconfigurations',
        ]),
        fencedRule('apiextensions.k8s.io', ['UPDATE', 'DELETE'], ['customresourcedefinitions']),
        fencedRule('apiregistration.k8s.io', WRITES, ['apiservices']),
        fencedRule('rbac.authorization.k8s.io', WRITES, [
          'clusterroles',
          'clusterrolebindings',
          'roles',
          'rolebindings',
        ]),
        fencedRule('', WRITES, ['secrets', 'configmaps']),
        fencedRule('', ['CREATE'], ['serviceaccounts/token']),
        fencedRule('', ['DELETE'], ['namespaces']),
      ],
    },
    matchConditions: [
      { name: 'not-sallyport-itself', expression: `!(${isOneOf(input.ourUsernames, input)})` },
      {
        name: 'what-the-gate-stands-on',
        expression: guarded(input.systemNamespace, Object.values(CONFIGURATION_NAMES)),
      },
      ...(passages.length === 0 ? [] : [{ name: 'not-let-through', expression: notLetThrough(passages) }]),
    ],
    validations: [
      {
        expression: 'false',
        reason: 'Forbidden',
        message:
          'sallyport: the gate stands on this object, so that only Sallyport may change it; for an upgrade open the fence first, which lets all pass but tokens and the namespace (docs/operations.md)',
      },
    ],
  });
}

function notLetThrough(passages: readonly Passage[]): string {
  const people = passages.map(({ username, credential }) => {
    const isThey = `request.userInfo.username == ${JSON.stringify(username)}`;
    return credential ? `(${isThey} && ${SHOWS_CREDENTIAL_ID})` : isThey;
  });
  return `${neverOpened()} || !(${people.join(' || ')})`;
}
