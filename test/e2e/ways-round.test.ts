import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { achieves } from '../harness/achieves.ts';
import { kubectl, must, mustApply } from './harness/kubectl.ts';
import { ask, cast } from './harness/own-kinds.ts';
import {
  approve,
  denialCode,
  deniedRequest,
  enforce,
  exec,
  policySpec,
  request,
  type Scene,
  scene,
} from './harness/scene.ts';

/** Ways round the gate that docs/threat-model.md names and that no other end-to-end test goes. */

const run = Date.now().toString(36);
const made: (readonly [kind: string, name: string])[] = [];

afterAll(async () => {
  for (const [kind, name] of made.toReversed())
    await kubectl('admin', ['delete', kind, name, '--ignore-not-found', '--wait=false']);
});

describe('kube-system', () => {
  test('is no way round for people: a write there is asked for where a policy names it', async () => {
    const name = `kube-system-${run}`;
    made.push(['approvalpolicy', name]);
    const rule = {
      apiGroups: [''],
      apiVersions: ['*'],
      operations: ['CREATE' as const],
      resources: ['configmaps'],
      resourceNames: [name],
    };
    await enforce(
      name,
      policySpec('', [rule], (spec) => ({
        ...spec,
        match: { ...spec.match, namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } } },
      })),
    );
    const create = () => kubectl('admin', ['create', 'configmap', name, '-n', 'kube-system']);
    const denied = await create();
    expect(denialCode(denied)).toBe('ApprovalRequired');
    await approve('bob', deniedRequest(denied));
    expect((await create()).code).toBe(0);
    await must('admin', ['delete', 'configmap', name, '-n', 'kube-system']);
  });
});

describe('who may impersonate anybody', () => {
  let gated: Scene;
  const create = async (name: string, as: string): Promise<string> => {
    const args = ['create', 'configmap', name, '-n', gated.namespace, `--as=${as}`, '--as-group=system:masters'];
    const result = await kubectl('admin', args);
    return result.code === 0 ? 'Created' : (denialCode(result) ?? result.stderr);
  };

  beforeAll(async () => {
    const rule = { apiGroups: [''], apiVersions: ['*'], operations: ['CREATE' as const], resources: ['configmaps'] };
    gated = await scene('as-system', [rule]);
    made.push(['approvalpolicy', gated.policy]);
  }, 120_000);

  test('is asked like the person whom they act as', async () => {
    expect(await create('as-alice', 'alice')).toBe('ApprovalRequired');
  });
});

describe('an admission policy that rewrites', () => {
  let gated: Scene;
  const API = 'admissionregistration.k8s.io/v1';

  beforeAll(async () => {
    gated = await scene('rewriting');
    made.push(['approvalpolicy', gated.policy]);
  }, 120_000);

  /** A MutatingAdmissionPolicy of somebody who may write them: the API server asks no webhook about it. */
  async function rewrite(name: string, rule: object, condition: string, patch: string): Promise<void> {
    made.push(['mutatingadmissionpolicybinding', name], ['mutatingadmissionpolicy', name]);
    await mustApply(
      'admin',
      {
        apiVersion: API,
        kind: 'MutatingAdmissionPolicy',
        metadata: { name },
        spec: {
          matchConstraints: { resourceRules: [rule] },
          matchConditions: [{ name: 'ours', expression: condition }],
          failurePolicy: 'Fail',
          reinvocationPolicy: 'Never',
          mutations: [{ patchType: 'JSONPatch', jsonPatch: { expression: patch } }],
        },
      },
      { apiVersion: API, kind: 'MutatingAdmissionPolicyBinding', metadata: { name }, spec: { policyName: name } },
    );
  }

  test('cannot change what was approved: the object is judged as it will be stored', async () => {
    const name = `rewritten-${run}`;
    const rule = { apiGroups: [''], apiVersions: ['*'], operations: ['CREATE' as const], resources: ['configmaps'] };
    await enforce(name, policySpec(gated.namespace, [rule]));
    made.push(['approvalpolicy', name]);
    const create = () =>
      kubectl('alice', ['create', 'configmap', 'approved', '-n', gated.namespace, '--from-literal=a=b']);
    const asked = deniedRequest(await create());
    await approve('bob', asked);
    await rewrite(
      name,
      rule,
      `request.namespace == '${gated.namespace}'`,
      '[JSONPatch{op: "add", path: "/data/evil", value: "yes"}]',
    );
    await achieves('another request than the approved one', async () => {
      const denied = await create();
      if (denied.code === 0) throw new Error('it went through');
      expect(denialCode(denied)).toBe('ApprovalRequired');
      expect(deniedRequest(denied).name).not.toBe(asked.name);
    });
    for (const kind of ['mutatingadmissionpolicybinding', 'mutatingadmissionpolicy'])
      await must('admin', ['delete', kind, name]);
  });

  test('cannot change the command that was approved: it is judged as it will be run', async () => {
    const name = `command-${run}`;
    const asked = deniedRequest(await exec('alice', gated.namespace, 'echo', 'approved'));
    await approve('bob', asked);
    await rewrite(
      name,
      { apiGroups: [''], apiVersions: ['*'], operations: ['CONNECT'], resources: ['pods/exec'] },
      `request.namespace == '${gated.namespace}'`,
      '[JSONPatch{op: "replace", path: "/command/1", value: "rewritten"}]',
    );
    // Another command, so that the approval is not used before the API server has seen the policy.
    await achieves('a command that was rewritten', async () => {
      expect((await exec('alice', gated.namespace, 'echo', 'anything')).stderr).toContain('exec echo rewritten');
    });
    const denied = await exec('alice', gated.namespace, 'echo', 'approved');
    expect(denied.stdout).toBe('');
    expect(denialCode(denied)).toBe('ApprovalRequired');
    expect(deniedRequest(denied).name).not.toBe(asked.name);
    expect((await request(gated.namespace, asked.name)).status?.state).toBe('Approved');
    for (const kind of ['mutatingadmissionpolicybinding', 'mutatingadmissionpolicy'])
      await must('admin', ['delete', kind, name]);
  });

  test('cannot turn a denial into an approval: a vote says its act in the name under which it is sent', async () => {
    const name = `denial-${run}`;
    await rewrite(
      name,
      { apiGroups: ['sallyport.dev'], apiVersions: ['*'], operations: ['CREATE'], resources: ['approvalvotes'] },
      `object.metadata.namespace == '${gated.namespace}'`,
      '[JSONPatch{op: "replace", path: "/spec/decision", value: "Approve"}]',
    );
    // The API server takes a moment to see an admission policy: until then a denial is one.
    await achieves('a denial that was rewritten', async () => {
      const asked = await ask(gated.namespace, 'echo', Math.random().toString(36).slice(2));
      const denied = await cast('bob', asked, 'Deny');
      if (denied.code === 0) throw new Error('it was not rewritten');
      expect(denied.stderr).toContain('your vote must be named');
      expect((await request(gated.namespace, asked.metadata.name)).status?.state).toBe('Pending');
    });
    for (const kind of ['mutatingadmissionpolicybinding', 'mutatingadmissionpolicy'])
      await must('admin', ['delete', kind, name]);
  });
});
