import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';

const deploy = fileURLToPath(new URL('../../deploy', import.meta.url));

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

interface Manifest {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly rules?: readonly Rule[];
  readonly roleRef?: { readonly kind: string; readonly name: string };
  readonly subjects?: readonly { readonly kind: string; readonly name: string; readonly namespace?: string }[];
}

const manifests = globSync('**/*.yaml', { cwd: deploy })
  .toSorted()
  .flatMap((file) => parseAllDocuments(readFileSync(join(deploy, file), 'utf8')))
  .map((document) => document.toJS() as Manifest);

/** `Role of a namespace or ClusterRole` → `verb resource.group/name` → what needs it. Whoever adds a right says why here. */
const REASONS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'ClusterRole sallyport-webhook': {
    'list,watch approvalpolicies.sallyport.dev': 'memory, which decisions read',
    'list,watch approvalrequests.sallyport.dev': 'memory, which decisions read',
    'list,watch approvalvotes.sallyport.dev': 'memory; the votes are counted again before a use (R15)',
    'list,watch namespaces': 'namespaceSelector',
    'get pods': 'the live pod behind a CONNECT (R2)',
    'get,create approvalrequests.sallyport.dev': 'asks for a requester (R13); reads again after a lost race (R2)',
    'update approvalrequests.sallyport.dev/status': 'uses what was approved (R2)',
    'create subjectaccessreviews.authorization.k8s.io': 'may the caller at all (R41)',
  },
  'Role sallyport-webhook': {
    'list,watch secrets sallyport-serving-certificate': 'serves with it, and with the next one',
    'list,watch secrets sallyport-webhook-path': 'tells the API server from others (R50)',
    'get,update secrets sallyport-keys': 'seals, and HMACs of Secrets; adds a key that is missing',
    'create secrets': 'sallyport-keys, by the first process; RBAC cannot limit create to a name',
    'list,watch configmaps sallyport-people': 'who is who (R21)',
  },
  'ClusterRole sallyport-notify': {
    'list,watch approvalpolicies.sallyport.dev': 'memory; where a policy wants people told',
    'list,watch approvalrequests.sallyport.dev': 'memory; of what they are told',
    'list,watch approvalvotes.sallyport.dev': 'memory, which every role has',
    'list,watch namespaces': 'memory, which every role has',
    'get approvalrequests.sallyport.dev': 'as stored, before anybody is told: memory may be older than what was told',
    'update approvalrequests.sallyport.dev/status': 'status.notifications and the condition Notified',
  },
  'Role sallyport-notify': {
    'get,update secrets sallyport-keys': 'seals of what it writes (R15); adds a key that is missing',
    'create secrets': 'sallyport-keys, by the first process; RBAC cannot limit create to a name',
    'list,watch configmaps sallyport-people': 'addresses of approvers (R21)',
    'get,update leases.coordination.k8s.io sallyport-notify': 'one process tells, so that nobody is told twice',
    'create leases.coordination.k8s.io': 'ours; RBAC cannot limit create to a name',
  },
  'ClusterRole sallyport-controller': {
    'list,watch approvalpolicies.sallyport.dev': 'memory',
    'list,watch approvalrequests.sallyport.dev': 'memory',
    'list,watch approvalvotes.sallyport.dev': 'memory',
    'list,watch namespaces': 'memory',
    'get approvalpolicies.sallyport.dev': 'a policy that memory does not know yet revokes nothing (R30)',
    'update approvalrequests.sallyport.dev/status': 'counts votes, lets time pass (R24)',
    'update approvalpolicies.sallyport.dev/status': 'Ready, Enforced',
    'delete approvalrequests.sallyport.dev': 'retention; the votes go with their request',
    'get,list,watch,update validatingwebhookconfigurations.admissionregistration.k8s.io sallyport-gate':
      'carries the policies; put back when somebody changes it',
    'get,list,watch,update validatingwebhookconfigurations.admissionregistration.k8s.io sallyport-own-kinds':
      'guards our kinds; put back when somebody changes it',
    'get,list,watch,update mutatingwebhookconfigurations.admissionregistration.k8s.io sallyport-own-kinds':
      'stamps our kinds; put back when somebody changes it',
    'create validatingwebhookconfigurations.admissionregistration.k8s.io': 'ours; RBAC cannot limit create to a name',
    'create mutatingwebhookconfigurations.admissionregistration.k8s.io': 'ours; RBAC cannot limit create to a name',
    'get,list,watch,update validatingadmissionpolicies.admissionregistration.k8s.io sallyport-fence':
      'the fence; opened for an upgrade, put back when somebody changes it',
    'get,list,watch,update validatingadmissionpolicies.admissionregistration.k8s.io sallyport-own-kinds':
      'only we write status, and nobody asks or votes as somebody else',
    'get,list,watch,update validatingadmissionpolicybindings.admissionregistration.k8s.io sallyport-fence':
      'the fence; put back when somebody deletes it',
    'get,list,watch,update validatingadmissionpolicybindings.admissionregistration.k8s.io sallyport-own-kinds':
      'the same; put back when somebody deletes it',
    'create validatingadmissionpolicies.admissionregistration.k8s.io': 'the fence; RBAC cannot limit create to a name',
    'create validatingadmissionpolicybindings.admissionregistration.k8s.io':
      'the fence; RBAC cannot limit create to a name',
    'get customresourcedefinitions.apiextensions.k8s.io approvalpolicies.sallyport.dev':
      'whether policies are gone because their kind is',
    'get,update,delete apiservices.apiregistration.k8s.io v1alpha1.evidence.sallyport.dev':
      'registers the API of evidence, and takes it away where none is configured any more',
    'create apiservices.apiregistration.k8s.io': 'ours; RBAC cannot limit create to a name',
    'create events.events.k8s.io': 'what happened, on the object',
  },
  'Role sallyport-controller': {
    'get,update secrets sallyport-certificate-authority': 'renews the authority',
    'get,update secrets sallyport-serving-certificate': 'renews the certificate',
    'get,update secrets sallyport-webhook-path': 'changes the secret in the path (R50)',
    'get,update secrets sallyport-keys': 'seals; adds a key that is missing',
    'create secrets': 'the four above; RBAC cannot limit create to a name',
    'get,update leases.coordination.k8s.io sallyport-controller': 'one leader',
    'create leases.coordination.k8s.io': 'one leader; RBAC cannot limit create to a name',
    'list,watch configmaps sallyport-people': 'memory; says on the ConfigMap what is wrong with it',
  },
  'ClusterRole sallyport-evidence': {
    'create subjectaccessreviews.authorization.k8s.io': 'whoever asks for evidence may read it',
  },
  'Role sallyport-evidence': {
    'list,watch secrets sallyport-serving-certificate': 'what the API of evidence serves with',
  },
  'ClusterRole sallyport-evidence-reader': {
    'get,list,watch records.evidence.sallyport.dev': 'kubectl get records, kubectl sallyport audit',
    'create backtests.evidence.sallyport.dev': 'trying a policy on them in the console; nothing is stored',
  },
  'ClusterRole sallyport-channels': {
    'create approvalvotes.sallyport.dev': 'the votes that a channel brings (R22); the webhook judges each',
  },
  'ClusterRole sallyport-console': {
    'list,watch approvalpolicies.sallyport.dev': 'memory',
    'list,watch approvalrequests.sallyport.dev': 'memory, which it shows',
    'list,watch approvalvotes.sallyport.dev': 'memory; votes are shown before they are counted',
    'list,watch namespaces': 'memory',
    'create approvalvotes.sallyport.dev': 'the votes of people signed in (R22); the webhook judges each',
    'list records.evidence.sallyport.dev': 'shown to whom the cluster lets read it',
    'create,relay backtests.evidence.sallyport.dev':
      'policies that they try on it, and who does, so that each has one at a time; nothing is stored',
    'create subjectaccessreviews.authorization.k8s.io': 'who may see which requests',
  },
  'Role sallyport-console': {
    'list,watch configmaps sallyport-people': 'who is who (R21)',
    'get,update secrets sallyport-keys': 'seals of what it shows, and of sessions; adds a key that is missing',
    'create secrets': 'sallyport-keys, by the first process; RBAC cannot limit create to a name',
  },
  'ClusterRole sallyport-audit': {
    'list,watch approvalpolicies.sallyport.dev': 'records their changes; what had to be approved (R42, alarms)',
    'list,watch approvalrequests.sallyport.dev': 'records what was asked, approved and used',
    'list,watch approvalvotes.sallyport.dev': 'records who voted; which request an impersonated vote is of (R23)',
    'list,watch namespaces': 'namespaceSelector, of what went round the gate',
    'get approvalrequests.sallyport.dev': 'as stored, before a use is given back or a request is revoked',
    'update approvalrequests.sallyport.dev/status': 'gives back a use of which nothing came (R42); revokes (R23)',
    'create events.events.k8s.io': 'alarms, in the system namespace and on the object concerned',
  },
  'Role sallyport-audit': {
    'get,update secrets sallyport-ledger-key': 'signs segments and checkpoints; adds the key where it is missing',
    'get,update secrets sallyport-keys': 'seals of what it records and writes (R15); adds a key that is missing',
    'create secrets': 'the two above, by the first process; RBAC cannot limit create to a name',
    'list,watch configmaps sallyport-people': 'memory, which every role has',
  },
  'Role sallyport-people-reader': { 'get configmaps sallyport-people': 'kubectl sallyport whoami' },
  'ClusterRole sallyport-viewer': {
    'get,list,watch approvalpolicies.sallyport.dev': 'see what needs approval',
    'get,list,watch approvalrequests.sallyport.dev': 'see what is asked',
    'get,list,watch approvalvotes.sallyport.dev': 'see who decided',
  },
  'ClusterRole sallyport-requester': {
    'get,list,watch approvalpolicies.sallyport.dev': 'see what needs approval',
    'get,list,watch approvalrequests.sallyport.dev': 'follow their request',
    'get,list,watch approvalvotes.sallyport.dev': 'see who decided',
    'create,update,patch approvalrequests.sallyport.dev': 'ask by hand, and say why afterwards (R12)',
    'create approvalvotes.sallyport.dev': 'cancel',
  },
  'ClusterRole sallyport-approver': {
    'get,list,watch approvalpolicies.sallyport.dev': 'see what needs approval',
    'get,list,watch approvalrequests.sallyport.dev': 'see what is asked',
    'get,list,watch approvalvotes.sallyport.dev': 'see who decided',
    'create approvalvotes.sallyport.dev': 'vote',
  },
  'ClusterRole sallyport-upgrader': {
    'get,list,watch approvalpolicies.sallyport.dev': 'see what needs approval',
    'get,list,watch approvalrequests.sallyport.dev': 'follow their request',
    'get,list,watch approvalvotes.sallyport.dev': 'see who decided',
    'create approvalrequests.sallyport.dev': 'ask by hand (R12)',
    'create approvalvotes.sallyport.dev': 'cancel',
    'create fences.sallyport.dev/open sallyport-fence': 'ask for the fence to be opened',
  },
};

/** One line a resource and a name. */
function linesOf({ rules = [] }: Manifest): string[] {
  return rules.flatMap(({ apiGroups, resources, resourceNames = [''], verbs }) =>
    apiGroups.flatMap((group) =>
      resources.flatMap((resource) => {
        const [plural, subresource] = resource.split('/');
        const type = `${plural}${group === '' ? '' : `.${group}`}${subresource === undefined ? '' : `/${subresource}`}`;
        return resourceNames.map((name) => `${verbs.join(',')} ${type}${name === '' ? '' : ` ${name}`}`);
      }),
    ),
  );
}

describe('our rights are the least that work', () => {
  const roles = manifests.filter(({ kind }) => kind === 'ClusterRole' || kind === 'Role');

  test('every role of deploy/ is in the list', () => {
    expect(roles.map(({ kind, metadata }) => `${kind} ${metadata.name}`).toSorted()).toEqual(
      Object.keys(REASONS).toSorted(),
    );
  });

  test.each(roles.map((role) => [`${role.kind} ${role.metadata.name}`, role] as const))(
    '%s has the rights that there is a reason for, and no other',
    (name, role) => {
      expect(linesOf(role).toSorted()).toEqual(Object.keys(REASONS[name] ?? {}).toSorted());
    },
  );

  test('nothing is everything, and nobody of ours makes others mightier', () => {
    const rules = roles.flatMap(({ rules: all = [] }) => all);
    for (const { apiGroups, resources, verbs } of rules) {
      expect([...apiGroups, ...resources, ...verbs]).not.toContain('*');
      for (const verb of ['impersonate', 'bind', 'escalate', 'approve', 'sign']) expect(verbs).not.toContain(verb);
    }
  });

  test('the key that signs the ledger is for the role audit alone', () => {
    const readers = roles.filter((role) => linesOf(role).some((line) => line.includes('sallyport-ledger-key')));
    expect(readers.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual(['Role sallyport-audit']);
  });

  test('roles of ours are bound to our ServiceAccounts, and those of people to nobody', () => {
    const bindings = manifests.filter(({ kind }) => kind.endsWith('Binding'));
    const bound = bindings.map(({ kind, metadata, roleRef, subjects = [] }) => [
      `${kind} ${metadata.name} → ${roleRef?.kind ?? ''} ${roleRef?.name ?? ''}`,
      subjects.map((subject) => `${subject.kind} ${subject.namespace ?? ''}/${subject.name}`).join(),
    ]);
    const of = (role: string) =>
      `ServiceAccount sallyport-system/sallyport,ServiceAccount sallyport-system/sallyport-${role}`;
    expect(Object.fromEntries(bound)).toEqual({
      'ClusterRoleBinding sallyport-channels → ClusterRole sallyport-channels':
        'ServiceAccount sallyport-system/sallyport',
      'ClusterRoleBinding sallyport-console → ClusterRole sallyport-console': of('console'),
      'ClusterRoleBinding sallyport-audit → ClusterRole sallyport-audit': of('audit'),
      'RoleBinding sallyport-audit → Role sallyport-audit': of('audit'),
      'RoleBinding sallyport-console → Role sallyport-console': of('console'),
      'ClusterRoleBinding sallyport-controller → ClusterRole sallyport-controller': of('controller'),
      'ClusterRoleBinding sallyport-evidence → ClusterRole sallyport-evidence': of('audit'),
      'RoleBinding sallyport-evidence → Role sallyport-evidence': of('audit'),
      'RoleBinding sallyport-evidence → Role extension-apiserver-authentication-reader': of('audit'),
      'ClusterRoleBinding sallyport-notify → ClusterRole sallyport-notify': 'ServiceAccount sallyport-system/sallyport',
      'ClusterRoleBinding sallyport-webhook → ClusterRole sallyport-webhook': of('webhook'),
      'RoleBinding sallyport-controller → Role sallyport-controller': of('controller'),
      'RoleBinding sallyport-notify → Role sallyport-notify': 'ServiceAccount sallyport-system/sallyport',
      'RoleBinding sallyport-webhook → Role sallyport-webhook': of('webhook'),
    });
  });
});
