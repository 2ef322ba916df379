import { array, assert, boolean, constantFrom, oneof, option, property, string } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { approvalPolicy } from '../../../test/builders/approval-policy.ts';
import type { ApprovalPolicy, UserInfo } from '../../core/api/kinds.ts';
import { CREDENTIAL_ID } from '../../core/attributes/credential-id.ts';
import { celVariables } from '../../core/decision/cel/cel-variables.ts';
import { compileCondition } from '../../core/decision/cel/compile-condition.ts';
import { createPolicyCompiler } from '../../core/decision/compile.ts';
import { CONTROLLER_USERNAMES, requesterClass } from '../../core/decision/requester-class.ts';
import { type DesiredInput, gateConfiguration, ownKindsConfigurations } from './desired.ts';

const SECRET = '5'.repeat(64);
const REVISION = '7'.repeat(32);
const OURS = 'system:serviceaccount:sallyport-system:sallyport';
const CREDENTIAL = { [CREDENTIAL_ID]: ['JTI=1'] };

function input(policies: readonly ApprovalPolicy[], overrides: Partial<DesiredInput> = {}): DesiredInput {
  return {
    policies: policies.map(createPolicyCompiler()),
    address: { kind: 'Service', namespace: 'sallyport-system', name: 'sallyport', port: 443 },
    caBundle: 'PEM',
    pathSecret: SECRET,
    revision: REVISION,
    ourUsernames: [OURS],
    ...overrides,
  };
}

interface Entry {
  readonly name: string;
  readonly namespaceSelector: object;
  readonly rules: readonly object[];
  readonly clientConfig: { readonly url?: string; readonly service?: object };
  readonly matchConditions?: readonly { readonly name: string; readonly expression: string }[];
}

function entries(policies: readonly ApprovalPolicy[], overrides: Partial<DesiredInput> = {}): readonly Entry[] {
  return (gateConfiguration(input(policies, overrides)) as { webhooks: readonly Entry[] }).webhooks;
}

function selecting(env: string, name: string): ApprovalPolicy {
  const { match } = approvalPolicy().spec;
  return approvalPolicy({ match: { ...match, namespaceSelector: { matchLabels: { env } } } }, name);
}

describe('the configuration of the gate', () => {
  test('has no webhooks without policies', () => {
    expect(gateConfiguration(input([]))).toEqual({
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingWebhookConfiguration',
      metadata: { name: 'sallyport-gate', labels: { 'app.kubernetes.io/part-of': 'sallyport' } },
    });
  });

  test('has an entry a class for one policy', () => {
    const [connect, write, ...more] = entries([approvalPolicy()]);
    expect(more).toEqual([]);
    expect(connect).toEqual({
      name: expect.stringMatching(/^connect-[0-9a-f]{8}\.gate\.sallyport\.dev$/),
      clientConfig: {
        caBundle: 'UEVN',
        service: {
          namespace: 'sallyport-system',
          name: 'sallyport',
          port: 443,
          path: `/${SECRET}/gate/connect/${REVISION}`,
        },
      },
      rules: [
        {
          apiGroups: [''],
          apiVersions: ['*'],
          operations: ['CONNECT'],
          resources: ['pods/attach', 'pods/exec'],
          scope: '*',
        },
      ],
      failurePolicy: 'Fail',
      matchPolicy: 'Equivalent',
      sideEffects: 'NoneOnDryRun',
      timeoutSeconds: 30,
      admissionReviewVersions: ['v1'],
      namespaceSelector: {},
    });
    expect(write).toMatchObject({
      name: expect.stringMatching(/^write-[0-9a-f]{8}\.gate\.sallyport\.dev$/),
      clientConfig: { service: { path: `/${SECRET}/gate/write/${REVISION}` } },
      failurePolicy: 'Fail',
      timeoutSeconds: 10,
      namespaceSelector: {},
      matchConditions: [{ name: 'not-the-cluster-itself' }],
    });
  });

  test('is the same whatever the order of the policies, and has names of its own', () => {
    const policies = [selecting('prod', 'a'), selecting('stage', 'b')];
    const forwards = entries(policies);
    expect(entries(policies.toReversed())).toEqual(forwards);
    expect(new Set(forwards.map(({ name }) => name)).size).toBe(forwards.length);
  });

  test('goes to a URL where there is one', () => {
    const [connect] = entries([approvalPolicy()], { address: { kind: 'Url', url: 'https://10.0.0.1:8443/' } });
    expect(connect?.clientConfig).toEqual({
      caBundle: 'UEVN',
      url: `https://10.0.0.1:8443/${SECRET}/gate/connect/${REVISION}`,
    });
  });

  test('asks about what a policy that cannot be enforced names, in every namespace', () => {
    const broken = selecting('prod', 'a');
    const [connect] = entries([{ ...broken, spec: { ...broken.spec, masking: {} } }]);
    expect(connect?.namespaceSelector).toEqual({});
  });
});

describe('[R33] what leads round a policy', () => {
  const gating = (name: string, match: object) =>
    approvalPolicy({ match: { ...approvalPolicy().spec.match, ...match } }, name);
  const one = (operations: readonly string[], resources: readonly string[]) => [
    { apiGroups: [''], apiVersions: ['*'], operations, resources },
  ];
  const EXEC = one(['CONNECT'], ['pods/exec']);
  const prod = { namespaceSelector: { matchLabels: { env: 'prod' } } };
  const conditions = (entry: Entry | undefined) => (entry?.matchConditions ?? []).map(({ name }) => name);

  test('is asked about in the namespaces of the policy, and labels of namespaces everywhere', () => {
    const [connect, inProd, everywhere, ...more] = entries([gating('a', { resourceRules: EXEC, ...prod })]);
    expect(more).toEqual([]);
    expect(connect).toMatchObject({ rules: [{ resources: ['pods/exec'] }] });
    expect(inProd).toMatchObject({
      namespaceSelector: connect?.namespaceSelector,
      rules: [{ operations: ['UPDATE'], resources: ['pods/ephemeralcontainers'] }],
    });
    expect(everywhere).toMatchObject({
      namespaceSelector: {},
      rules: [{ operations: ['UPDATE'], resources: ['namespaces', 'namespaces/finalize', 'namespaces/status'] }],
    });
    expect(conditions(everywhere)).toEqual(['not-the-cluster-itself', 'only-labels-of-namespaces']);
  });

  test('needs no look at namespaces without a selector', () => {
    const rules = entries([gating('a', { resourceRules: EXEC })]).flatMap(({ rules }) => rules);
    expect(rules).not.toContainEqual(expect.objectContaining({ resources: expect.arrayContaining(['namespaces']) }));
  });

  test('is no reason to leave out what a policy means of namespaces besides their labels', () => {
    const meant = [one(['UPDATE'], ['namespaces']), one(['DELETE'], ['namespaces']), one(['UPDATE'], ['namespaces/*'])];
    for (const resourceRules of meant) {
      const write = entries([gating('a', { resourceRules: EXEC, ...prod }), gating('b', { resourceRules })]);
      for (const entry of write) expect(conditions(entry)).not.toContain('only-labels-of-namespaces');
    }
  });

  test.each([
    ['new labels', { a: 'b' }, {}, true],
    ['the first labels', {}, undefined, true],
    ['the same labels', { a: 'b' }, { a: 'b' }, false],
    ['no labels', undefined, undefined, false],
  ])('a namespace with %s', (_, before, after, isAsked) => {
    const everywhere = entries([gating('a', { resourceRules: EXEC, ...prod })])[1];
    const expression = everywhere?.matchConditions?.[1]?.expression ?? '';
    const compiled = compileCondition(expression);
    if (!compiled.ok) throw new Error(compiled.message);
    const named = (labels: object | undefined) => ({
      metadata: { name: 'x', ...(labels === undefined ? {} : { labels: { 'a/b': 'c', ...labels } }) },
    });
    const evaluate = (resource: string) => {
      const request = { resource: { group: '', resource }, operation: 'UPDATE' };
      const objects = { object: named(after), oldObject: named(before), namespaceObject: null, exec: null };
      const result = compiled.evaluate(celVariables({ request, ...objects }));
      return result.ok ? result.value : result.reason;
    };
    expect(evaluate('namespaces')).toBe(isAsked);
    expect(evaluate('pods')).toBe(true);
  });

  test('costs few entries: three a selector at most, and one for all namespaces', () => {
    const all = one(['CREATE', 'UPDATE', 'DELETE', 'CONNECT'], ['pods', 'pods/exec', 'secrets', 'serviceaccounts']);
    const policies = Array.from({ length: 20 }, (_, at) =>
      gating(`p${at}`, { resourceRules: all, namespaceSelector: { matchLabels: { env: `e${at}` } } }),
    );
    // They name the same, so that the same few entries cover all of them.
    expect(entries(policies)).toHaveLength(3);
    const apart = policies.map((policy, at) => ({
      ...policy,
      spec: {
        ...policy.spec,
        match: {
          ...policy.spec.match,
          resourceRules: [
            {
              apiGroups: [`g${at}.example.com`],
              apiVersions: ['*'],
              operations: ['DELETE' as const],
              resources: ['webs'],
            },
          ],
        },
      },
    }));
    expect(entries(apart)).toHaveLength(21);
  });
});

describe('the write class leaves out exactly who is of class System', () => {
  const names = [OURS, 'quote"and\\backslash'];
  const ours = new Set(names);
  const compiled = [true, false].map((impersonationShows) => {
    const [, write] = entries([approvalPolicy()], { ourUsernames: names, impersonationShows });
    return compileCondition(write?.matchConditions?.[0]?.expression ?? '');
  });

  /** As the API server shows it to conditions: what is empty is left out. */
  function isAsked({ username, uid, groups, extra }: UserInfo, impersonationShows: boolean): boolean {
    const condition = compiled[impersonationShows ? 0 : 1];
    const userInfo = {
      username,
      ...(uid === undefined ? {} : { uid }),
      ...(groups.length === 0 ? {} : { groups }),
      ...(Object.keys(extra).length === 0 ? {} : { extra }),
    };
    const request = { userInfo };
    const variables = celVariables({ request, object: null, oldObject: null, namespaceObject: null, exec: null });
    const result = condition?.ok === true ? condition.evaluate(variables) : undefined;
    if (result?.ok !== true) throw new Error(condition?.ok === false ? condition.message : 'not evaluated');
    return result.value;
  }

  const CONTROLLER = 'system:serviceaccount:kube-system:deployment-controller';
  const who: Record<string, readonly [string, boolean]> = {
    'a person is asked': ['alice', true],
    'an admin is asked': ['kubernetes-admin', true],
    'the API server is not': ['system:apiserver', false],
    'the scheduler is not': ['system:kube-scheduler', false],
    'a node is not': ['system:node:worker-1', false],
    'a node without a name is asked': ['system:node:', true],
    'a controller of the cluster is not': [CONTROLLER, false],
    'an add-on in kube-system is asked': ['system:serviceaccount:kube-system:helm', true],
    'a ServiceAccount called like a controller elsewhere is asked': [
      'system:serviceaccount:prod:deployment-controller',
      true,
    ],
    'we are not': [OURS, false],
    'a name with quotes that is ours is not': ['quote"and\\backslash', false],
    'a name that only ends like one of the system is asked': ['x-system:apiserver', true],
    'a name that only begins like one of the system is asked': ['system:apiserver2', true],
    'a name with a second line is asked': ['system:apiserver\nx', true],
    'a name with a line feed at its end is asked': ['system:apiserver\n', true],
  };
  test.each(Object.entries(who))('%s', (_sentence, [username, asked]) => {
    for (const impersonationShows of [true, false]) {
      const user = { username, uid: 'u', groups: ['system:authenticated'], extra: CREDENTIAL };
      expect(isAsked(user, impersonationShows)).toBe(asked);
      expect(requesterClass(user, { ourUsernames: ours, impersonationShows }) !== 'System').toBe(asked);
    }
  });

  /** Username, uid, groups, with a credential id?; asked where impersonation shows, and where it does not. */
  const pretenders: Record<string, readonly [string, string, readonly string[], boolean, boolean, boolean]> = {
    'who takes the name of a component, and the groups of cluster-admin, is asked': [
      'system:kube-x',
      '',
      ['system:masters', 'system:authenticated'],
      false,
      true,
      true,
    ],
    'who takes the name of a node, and the groups of developers, is asked': [
      'system:node:worker-1',
      '',
      ['developers', 'system:authenticated'],
      false,
      true,
      true,
    ],
    'who takes the name of the API server, but not its uid, is asked': [
      'system:apiserver',
      '',
      ['system:masters', 'system:authenticated'],
      false,
      true,
      true,
    ],
    'who takes the name of a controller is asked where it shows': [
      CONTROLLER,
      '',
      ['system:authenticated'],
      false,
      true,
      false,
    ],
    'who takes the name of a controller, and the groups of cluster-admin, is asked': [
      CONTROLLER,
      '',
      ['system:masters', 'system:authenticated'],
      false,
      true,
      true,
    ],
    'who takes our name is asked where it shows': [OURS, '', ['system:authenticated'], false, true, false],
    'who takes our name, and the groups of cluster-admin, is asked': [OURS, '', ['system:masters'], false, true, true],
    'the API server, which calls itself without a credential id, is not': [
      'system:apiserver',
      '0a1b',
      ['system:authenticated', 'system:masters'],
      false,
      false,
      false,
    ],
    'the scheduler, whose certificate has no id before Kubernetes 1.32, is not': [
      'system:kube-scheduler',
      '',
      ['system:authenticated'],
      false,
      false,
      false,
    ],
    'a node that logs in by the tokens of a cloud is not': [
      'system:node:ip-10-0-0-1',
      'aws-iam-authenticator',
      ['system:bootstrappers', 'system:nodes', 'system:authenticated', 'eks:kube-proxy-windows'],
      false,
      false,
      false,
    ],
    'a component with a credential id of its own is not, whatever its groups': [
      'system:kube-controller-manager',
      '',
      ['distribution:control-plane'],
      true,
      false,
      true,
    ],
  };
  test.each(Object.entries(pretenders))(
    '[R23] %s',
    (_sentence, [username, uid, groups, hasId, askedWhereItShows, askedElsewhere]) => {
      const user = { username, ...(uid === '' ? {} : { uid }), groups, extra: hasId ? CREDENTIAL : {} };
      for (const [shows, asked] of [
        [true, askedWhereItShows],
        [false, askedElsewhere],
      ] as const) {
        expect(isAsked(user, shows)).toBe(asked);
        expect(requesterClass(user, { ourUsernames: ours, impersonationShows: shows }) !== 'System').toBe(asked);
      }
    },
  );

  test('of all users', () => {
    const part = constantFrom(
      ...'system: node: kube- apiserver serviceaccount: kube-system:'.split(' '),
      ...Array.from('a-:"\\\n\r\u2028\u0085\t'),
      ...CONTROLLER_USERNAMES.slice(0, 3),
      OURS,
    );
    const username = oneof(
      string({ unit: part, minLength: 1, maxLength: 6 }),
      string({ unit: part, maxLength: 3 }).map((rest) => `system:node:${rest}`),
      constantFrom('system:apiserver', 'system:kube-scheduler', CONTROLLER, OURS),
    );
    const groups = array(constantFrom('system:authenticated', 'system:masters', 'system:nodes', 'sre', ''), {
      maxLength: 2,
    });
    const extra = constantFrom<UserInfo['extra']>(
      {},
      CREDENTIAL,
      { [CREDENTIAL_ID]: [] },
      { [CREDENTIAL_ID]: [''] },
      { [CREDENTIAL_ID]: ['', 'x'] },
      { scopes: ['x'] },
    );
    assert(
      property(username, option(constantFrom('', 'u'), { nil: undefined }), groups, extra, boolean(), (...drawn) => {
        const [name, uid, drawnGroups, drawnExtra, impersonationShows] = drawn;
        const user = { username: name, ...(uid === undefined ? {} : { uid }), groups: drawnGroups, extra: drawnExtra };
        const requester = requesterClass(user, { ourUsernames: ours, impersonationShows });
        expect(isAsked(user, impersonationShows)).toBe(requester !== 'System');
      }),
      { numRuns: 2_000 },
    );
  });
});

test('[R32] the configurations of our own kinds have no selectors and leave out collectors only', () => {
  const [mutating, validating] = ownKindsConfigurations(input([])) as { webhooks: Record<string, unknown>[] }[];
  expect(mutating?.webhooks).toEqual([
    {
      name: 'mutate.own-kinds.sallyport.dev',
      clientConfig: {
        caBundle: 'UEVN',
        service: { namespace: 'sallyport-system', name: 'sallyport', port: 443, path: `/${SECRET}/own-kinds/mutate` },
      },
      rules: [
        {
          apiGroups: ['sallyport.dev'],
          apiVersions: ['*'],
          operations: ['CREATE'],
          resources: ['approvalrequests', 'approvalvotes'],
          scope: '*',
        },
      ],
      failurePolicy: 'Fail',
      matchPolicy: 'Equivalent',
      sideEffects: 'NoneOnDryRun',
      timeoutSeconds: 5,
      admissionReviewVersions: ['v1'],
      reinvocationPolicy: 'Never',
    },
  ]);
  const [entry] = validating?.webhooks ?? [];
  expect(Object.keys(entry ?? {}).filter((field) => field.endsWith('Selector'))).toEqual([]);
  expect(entry).toMatchObject({
    rules: [
      {
        operations: ['CREATE', 'UPDATE', 'DELETE'],
        resources: [
          'approvalpolicies',
          'approvalpolicies/status',
          'approvalrequests',
          'approvalrequests/status',
          'approvalvotes',
          'approvalvotes/status',
        ],
      },
    ],
    matchConditions: [
      {
        name: 'not-collected',
        expression: `!(request.operation == 'DELETE' && request.userInfo.username in ["system:serviceaccount:kube-system:namespace-controller", "system:serviceaccount:kube-system:generic-garbage-collector"] && (!has(request.userInfo.groups) || !('system:masters' in request.userInfo.groups)))`,
      },
    ],
  });
});

test('[R20] who takes the name of a collector does not delete evidence past us', () => {
  const [, validating] = ownKindsConfigurations(input([], { impersonationShows: true })) as {
    webhooks: { matchConditions: { expression: string }[] }[];
  }[];
  const compiled = compileCondition(validating?.webhooks[0]?.matchConditions[0]?.expression ?? '');
  const isAsked = (extra: object, groups: readonly string[]) => {
    const userInfo = { username: 'system:serviceaccount:kube-system:namespace-controller', groups, extra };
    const request = { operation: 'DELETE', userInfo };
    const variables = celVariables({ request, object: null, oldObject: {}, namespaceObject: null, exec: null });
    return compiled.ok ? compiled.evaluate(variables) : compiled.message;
  };
  expect(isAsked(CREDENTIAL, ['system:serviceaccounts'])).toEqual({ ok: true, value: false });
  expect(isAsked({}, ['system:serviceaccounts'])).toEqual({ ok: true, value: true });
});
