import { describe, expect, test } from 'vitest';
import { compileCondition } from '../../core/decision/cel/compile-condition.ts';
import { celVariables } from '../../core/decision/cel/cel-variables.ts';
import { ownKindsFence } from './own-kinds.ts';

const SLACK = 'system:serviceaccount:sallyport-system:sallyport-slack';
const CONSOLE = 'system:serviceaccount:sallyport-system:sallyport-console';

interface Policy {
  readonly spec: { readonly validations: readonly { readonly expression: string; readonly message: string }[] };
}

/** What the fence says of a vote; `''` where it lets it through. */
function verdict(
  username: string,
  spec: object,
  more: { shows?: boolean; extra?: object; groups?: string[] } = {},
): string {
  const { shows = false, extra = {}, groups = [] } = more;
  const [policy] = ownKindsFence({
    ourUsernames: ['sallyport'],
    voteOnBehalf: { slack: [SLACK], console: [CONSOLE] },
    impersonationShows: shows,
  }) as unknown as [Policy];
  const request = {
    operation: 'CREATE',
    resource: { group: 'sallyport.dev', version: 'v1alpha1', resource: 'approvalvotes' },
    userInfo: { username, groups, extra },
  };
  const failed = policy.spec.validations.find(({ expression }) => {
    const compiled = compileCondition(expression);
    if (!compiled.ok) throw new Error(compiled.message);
    const result = compiled.evaluate(
      celVariables({ request, object: { spec }, oldObject: null, namespaceObject: null, exec: null }),
    );
    if (!result.ok) throw new Error(result.reason);
    return !result.value;
  });
  return failed?.message ?? '';
}

const clicked = { voter: { username: 'bob' }, onBehalfOf: { kind: 'Slack', id: 'T01/UBOB' } };
const signedIn = { voter: { username: 'bob' }, onBehalfOf: { kind: 'OIDC', id: 'bob' } };

describe('[R22] the fence around our kinds', () => {
  test.each<[string, string, object, RegExp]>([
    ['a vote of its caller passes', 'bob', { voter: { username: 'bob' } }, /^$/],
    ['of somebody else it does not', 'carol', { voter: { username: 'bob' } }, /not stamped/],
    ['nor one without a voter', 'bob', {}, /not stamped/],
    ['the Slack channel votes for whoever clicked', SLACK, clicked, /^$/],
    ['the console for whoever is signed in', CONSOLE, signedIn, /^$/],
    ['neither for those of the other', SLACK, signedIn, /not stamped/],
    ['nor the other way round', CONSOLE, clicked, /not stamped/],
    ['nor for nobody', SLACK, { onBehalfOf: clicked.onBehalfOf }, /not stamped/],
    ['nor without saying for whom', SLACK, { voter: { username: 'bob' } }, /not stamped/],
    ['nobody else votes for others', 'carol', clicked, /not stamped/],
    ['nor for themselves as if by a channel', 'bob', clicked, /onBehalfOf is for the identities of channels/],
  ])('%s', (_, username, spec, message) => {
    expect(verdict(username, spec)).toMatch(message);
  });

  test('[R23] who impersonates a channel is none', () => {
    expect(verdict(SLACK, clicked, { groups: ['system:masters'] })).toMatch(/not stamped/);
    expect(verdict(SLACK, clicked, { shows: true })).toMatch(/not stamped/);
    const extra = { 'authentication.kubernetes.io/credential-id': ['JTI=1'] };
    expect(verdict(SLACK, clicked, { shows: true, extra })).toBe('');
  });
});
