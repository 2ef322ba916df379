import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { repositoryRoot } from '../../tools/cluster/profiles.ts';

/** The recommended audit policy leaves out noise of known machines, and nobody's deed. */
interface Rule {
  readonly level: string;
  readonly users?: readonly string[];
  readonly userGroups?: readonly string[];
  readonly verbs?: readonly string[];
  readonly resources?: readonly {
    readonly group: string;
    readonly resources?: readonly string[];
    readonly resourceNames?: readonly string[];
  }[];
  readonly nonResourceURLs?: readonly string[];
}

/** Of a resource request. The user is who authenticated: WithAudit runs before WithImpersonation (server/config.go). */
interface Request {
  readonly user: string;
  readonly groups?: readonly string[];
  readonly verb: string;
  readonly group?: string;
  /** With its subresource. */
  readonly resource: string;
  readonly name?: string;
}

const policy = parse(await readFile(join(repositoryRoot(), 'deploy/kind/audit/policy.yaml'), 'utf8')) as {
  readonly rules: readonly Rule[];
};

/** apiserver/pkg/audit/policy/checker.go, as far as the policy goes: the first rule that fits counts. */
function levelOf(request: Request): string | undefined {
  return policy.rules.find((rule) => fits(rule, request))?.level;
}

function fits(rule: Rule, { user, groups = [], verb, group = '', resource, name = '' }: Request): boolean {
  if (rule.users?.includes(user) === false) return false;
  if (rule.userGroups?.some((each) => groups.includes(each)) === false) return false;
  if (rule.verbs?.includes(verb) === false) return false;
  if (rule.resources === undefined) return rule.nonResourceURLs === undefined;
  return rule.resources.some(
    (each) =>
      each.group === group &&
      each.resources?.includes(resource) !== false &&
      each.resourceNames?.includes(name) !== false,
  );
}

const OURS = 'system:serviceaccount:sallyport-system:sallyport';
const groups = ['system:serviceaccounts'];
const crd = { user: OURS, groups, group: 'sallyport.dev', resource: 'approvalrequests' };
const gate = { user: OURS, groups, group: 'admissionregistration.k8s.io', resource: 'validatingwebhookconfigurations' };

describe('the recommended audit policy', () => {
  test.each<[string, Request]>([
    ['our watch of requests', { ...crd, verb: 'watch' }],
    ['our list of requests', { ...crd, verb: 'list' }],
    ['our look at the gate', { ...gate, verb: 'get', name: 'sallyport-gate' }],
    ['our watch of the people map', { user: OURS, verb: 'watch', resource: 'configmaps', name: 'sallyport-people' }],
  ])('leaves out %s', (_what, request) => {
    expect(levelOf(request)).toBe('None');
  });

  test.each<[string, Request]>([
    ['our writes of requests', { ...crd, resource: 'approvalrequests/status', verb: 'update' }],
    ['our deletion of one', { ...crd, verb: 'delete' }],
    ['our writes of the gate', { ...gate, verb: 'update', name: 'sallyport-gate' }],
    ['our look at the webhooks of others', { ...gate, verb: 'get', name: 'kyverno' }],
    ['a read of a Secret as us', { user: OURS, groups, verb: 'list', resource: 'secrets', name: 'sallyport-keys' }],
    ['another ConfigMap as us', { user: OURS, groups, verb: 'watch', resource: 'configmaps', name: 'x' }],
    ['an exec over WebSocket as us', { user: OURS, groups, verb: 'get', resource: 'pods/exec', name: 'web-0' }],
    ['a vote as us', { ...crd, resource: 'approvalvotes', verb: 'create' }],
    ['a watch by somebody who impersonates us, and is not us to the policy', { ...crd, user: 'alice', verb: 'watch' }],
    ['a watch by another ServiceAccount', { ...crd, user: `${OURS}-slack`, verb: 'watch' }],
    ['an exec of anybody', { user: 'alice', verb: 'get', resource: 'pods/exec', name: 'web-0' }],
  ])('keeps %s', (_what, request) => {
    expect(levelOf(request)).toBe('Metadata');
  });

  test('names the ServiceAccounts of deploy/, and no other', async () => {
    const folder = join(repositoryRoot(), 'deploy');
    const files = (await readdir(folder)).filter((name) => name.endsWith('.yaml'));
    const texts = await Promise.all(files.map((name) => readFile(join(folder, name), 'utf8')));
    const made = texts
      .flatMap((text) =>
        parseAllDocuments(text).map((each) => each.toJS() as { kind?: string; metadata?: { name: string } }),
      )
      .filter(({ kind }) => kind === 'ServiceAccount')
      .map(({ metadata }) => `system:serviceaccount:sallyport-system:${metadata?.name ?? ''}`);
    for (const { users = [] } of policy.rules.filter(({ users: named = [] }) => named.includes(OURS)))
      expect(users.toSorted()).toEqual(made.toSorted());
  });
});
