import { beforeEach, describe, expect, test } from 'vitest';
import { approvalPolicy } from '../../../../test/builders/approval-policy.ts';
import { approvedStatus, requestFor } from '../../../../test/builders/approval-request.ts';
import { execAttributes } from '../../../../test/builders/attributes.ts';
import { writtenExec } from '../../../../test/builders/exec-action.ts';
import { type OwnKindsWorld, ownKindAttributes, ownKindsWorld } from '../../../../test/builders/own-kinds.ts';
import { writtenRequest } from '../../../../test/builders/written-request.ts';
import type { Action, PolicySpec, RequestSpec } from '../../../core/api/kinds.ts';
import { gateReviewed } from '../../../core/decision/gate.ts';
import { lookup } from '../../../core/decision/lookup.ts';
import { mutateOwnKinds, validateOwnKinds } from '../review-own-kinds.ts';

const SCOPE: Action = { binding: 'Scope', ...writtenExec(['ls']) };
const UPDATE: Action = {
  binding: 'Scope',
  operation: 'UPDATE',
  group: 'apps',
  version: 'v1',
  resource: 'deployments',
  namespace: 'prod',
  name: 'web',
};

const policy = (grant: PolicySpec['grant'] = {}, name = 'prod-shells') =>
  approvalPolicy({ grant: { binding: 'Scope', ...grant } }, name);

let world: OwnKindsWorld;
beforeEach(() => {
  world = ownKindsWorld();
  world.policies = [policy()];
});

const call = { id: 'decision', deadline: Number.POSITIVE_INFINITY, signal: new AbortController().signal };

async function stamped(action: Action): Promise<RequestSpec | string> {
  const answer = await mutateOwnKinds(world.ports)(
    ownKindAttributes('approvalrequests', 'CREATE', writtenRequest({ action })),
    call,
  );
  if (!answer.allowed) return answer.message;
  const spec = (answer.patch as { value: RequestSpec }[])[0]?.value;
  return spec ?? 'no patch';
}

async function validated(spec: RequestSpec): Promise<string> {
  const request = { ...writtenRequest({ action: spec.action }), spec };
  const answer = await validateOwnKinds(world.ports)(ownKindAttributes('approvalrequests', 'CREATE', request), call);
  return answer.allowed ? 'allowed' : answer.message;
}

const specOf = async (action: Action): Promise<RequestSpec> => {
  const spec = await stamped(action);
  if (typeof spec === 'string') throw new Error(spec);
  return spec;
};

/** Whether the command finds the approved request of this spec. */
function finds(spec: RequestSpec, command: readonly string[], options = {}): boolean {
  const snapshot = world.ports.snapshot();
  const attributes = execAttributes({}, { command: [...command], ...options });
  const pod = { ...attributes.pod, uid: 'pod-uid' } as never;
  const gate = gateReviewed({ ...attributes, pod }, snapshot, world.ports.settings, 'Human');
  if (gate.kind !== 'Gated') throw new Error(gate.kind);
  const approved = requestFor(gate.gated, approvedStatus(gate.gated, world.clock.now() + 60_000));
  const request = { ...approved, spec };
  return (
    lookup(gate.gated, { requests: () => [request], scopes: () => [request] }, world.ports.settings).approved !==
    undefined
  );
}

describe('a scope that a person wrote', () => {
  test('is stamped with its container, allowed, and found by the commands that it covers', async () => {
    const spec = await specOf(SCOPE);
    expect(spec.action).toEqual({ ...SCOPE, group: '', exec: { container: 'app', command: ['ls'] } });
    expect(spec.summary?.action).toBe('any exec beginning with: ls');
    expect(await validated(spec)).toBe('allowed');
    expect(finds(spec, ['ls', '-l'])).toBe(true);
    expect(finds(spec, ['lsof'])).toBe(false);
    expect(finds(spec, ['ls'], { stdin: true })).toBe(false);
  });

  test('of writes holds no content', async () => {
    const spec = await specOf(UPDATE);
    expect(spec.action).toEqual(UPDATE);
    expect(await validated(spec)).toBe('allowed');
  });

  test('is interactive where it says so and every policy lets it', async () => {
    world.policies = [policy({ allowInteractive: true })];
    const spec = await specOf({ ...SCOPE, interactive: true, exec: { command: ['sh'] } });
    expect(spec.action).toMatchObject({ interactive: true, exec: { container: 'app', command: ['sh'] } });
    expect(await validated(spec)).toBe('allowed');
    expect(finds(spec, ['sh', '-c', 'id'], { stdin: true, tty: true })).toBe(true);
  });

  test('is not what an action without a binding asks for', async () => {
    const { binding, ...exact } = SCOPE;
    expect(binding).toBe('Scope');
    const spec = await specOf(exact);
    expect(spec.action).toMatchObject({ targetUID: 'pod-uid', exec: { stdin: false } });
    expect(spec.action).not.toHaveProperty('binding');
    expect(await validated(spec)).toBe('allowed');
    expect(finds(spec, ['ls'])).toBe(true);
    expect(finds(spec, ['ls', '-l'])).toBe(false);
  });

  const refused: Record<string, readonly [() => Action, RegExp]> = {
    'a uid': [() => ({ ...SCOPE, targetUID: 'pod-uid' }), /action\.targetUID: a scope binds none/],
    changes: [() => ({ ...UPDATE, changes: [{ path: '/a' }] }), /action\.changes: a scope binds none/],
    'an object': [() => ({ ...UPDATE, operation: 'CREATE', object: {} }), /action\.object: a scope binds none/],
    options: [() => ({ ...SCOPE, options: {} }), /action\.options: a scope binds none/],
    'no name': [() => ({ ...UPDATE, name: undefined }) as never, /action\.name: write/],
    'no words': [() => ({ ...SCOPE, exec: {} }), /action\.exec\.command: write the words/],
    streams: [() => ({ ...SCOPE, exec: { command: ['ls'], tty: true } }), /action\.exec\.tty: .*action\.interactive/],
    'an exec of a write': [() => ({ ...UPDATE, exec: { command: ['ls'] } }), /action\.exec: only of a CONNECT/],
    omitted: [() => ({ ...SCOPE, omitted: 'x' }), /action\.omitted is ours/],
    'a shell that it does not call interactive': [
      () => ({ ...SCOPE, exec: { command: ['sh'] } }),
      /action\.interactive: write true, .*sh is a shell/,
    ],
    'interactive, which its policy approves only exactly': [
      () => ({ ...SCOPE, interactive: true }),
      /action\.interactive: a policy approves/,
    ],
    'interactive, without being a scope': [
      () => ({ ...SCOPE, binding: undefined, interactive: true }) as never,
      /action\.interactive: only a scope/,
    ],
    'fewer words than its policy binds': [
      () => {
        world.policies = [policy(), policy({ commandPrefix: 2 }, 'other')];
        return SCOPE;
      },
      /policy other binds at least the first 2 words/,
    ],
    'a policy that approves exactly': [
      () => {
        world.policies = [policy(), approvalPolicy({}, 'other')];
        return SCOPE;
      },
      /action\.binding: policy other approves exact actions only/,
    ],
    'a policy that it would lead round': [
      () => {
        const rule = {
          apiGroups: ['apps'],
          apiVersions: ['*'],
          operations: ['DELETE' as const],
          resources: ['deployments'],
        };
        world.policies = [approvalPolicy({ grant: { binding: 'Scope' }, match: { resourceRules: [rule] } })];
        return UPDATE;
      },
      /approves exact actions only/,
    ],
    'a container that the pod has not': [
      () => ({ ...SCOPE, exec: { container: 'nope', command: ['ls'] } }),
      /has no container nope/,
    ],
  };
  test.each(Object.entries(refused))('is refused with %s', async (_, [action, why]) => {
    expect(await stamped(action())).toMatch(why);
  });
});
