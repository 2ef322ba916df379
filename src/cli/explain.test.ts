import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { approvalPolicy } from '../../test/builders/approval-policy.ts';
import { deployment } from '../../test/builders/attributes.ts';
import { CliHarness } from '../../test/harness/cli-harness.ts';
import { status, type StoredObject } from '../../test/harness/versioned-store.ts';
import { digestOf } from '../core/attributes/digest.ts';
import type { PolicySpec } from '../core/api/kinds.ts';

let harness: CliHarness;
let file: string;
let folder: string;

/** What a script answers besides what the harness does: discovery, and no for what is not there. */
function answers(): void {
  const { script, store } = harness.server;
  harness.server.script = (request) => {
    const { method, path } = request;
    if (path === '/apis/apps/v1') {
      const resources = [
        { name: 'deployments/status', kind: 'Deployment', namespaced: true },
        { name: 'deployments', kind: 'Deployment', namespaced: true },
      ];
      return { type: 'Json', status: 200, body: { metadata: {}, resources } };
    }
    // A dry run, which the store does not know, answers with the object.
    if (request.query['dryRun'] === 'All') return { type: 'Json', status: 200, body: request.body };
    const [, collection, name] = /^(\/.*?)\/namespaces\/prod(\/[a-z]+)\/([^/]+)$/.exec(path)?.slice(0) ?? [];
    if (method === 'GET' && name !== undefined && collection === '/apis/apps/v1') {
      if (store.get('/apis/apps/v1/deployments', `prod/${path.split('/').at(-1) ?? ''}`) === undefined)
        return { type: 'Json', status: 404, body: { ...status(404, 'NotFound', 'not found'), details: { name } } };
    }
    return script(request);
  };
}

function put(collection: string, object: object): void {
  harness.server.store.put(collection, object as StoredObject);
}

function policy(name: string, match: Partial<PolicySpec['match']> = {}, spec: Partial<PolicySpec> = {}): void {
  const { resourceRules } = approvalPolicy().spec.match;
  put(
    '/apis/sallyport.dev/v1alpha1/approvalpolicies',
    approvalPolicy({ ...spec, match: { resourceRules, ...match } }, name),
  );
}

beforeEach(async () => {
  harness = await new CliHarness().listen();
  folder = await mkdtemp(join(tmpdir(), 'explain-'));
  file = join(folder, 'objects.yaml');
  answers();
  put('/api/v1/namespaces', { metadata: { name: 'prod', labels: { env: 'prod' } } });
  put('/api/v1/pods', {
    metadata: { name: 'web-0', namespace: 'prod', labels: { app: 'web' } },
    spec: { containers: [{ name: 'app' }, { name: 'sidecar' }] },
  });
});

afterEach(async () => {
  await harness[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

describe('can', () => {
  it('prints who would have to approve, what each policy says, and what is bound', async () => {
    policy('a-shells');
    policy('b-dev', { namespaceSelector: { matchLabels: { env: 'dev' } } });
    policy('c-alice', { subjects: [{ kind: 'User', name: 'alice' }] });
    const uid = harness.server.store.get('/api/v1/pods', 'prod/web-0')?.metadata.uid ?? '';
    const exec = {
      container: 'sidecar',
      command: ['sh', '-c', 'ls'],
      stdin: true,
      stdout: true,
      stderr: false,
      tty: true,
    };
    const target = { operation: 'CONNECT', version: 'v1', resource: 'pods', subresource: 'exec' } as const;
    const digest = digestOf({ ...target, namespace: 'prod', name: 'web-0', targetUID: uid, exec });
    expect(await harness.run('can exec web-0 -n prod -it -c sidecar -- sh -c ls')).toEqual({
      code: 7,
      err: '',
      out: `CONNECT pods/exec web-0 in namespace prod, as bob: needs the approval of 1 of group sre

Policies
  a-shells: matches; asks 1 of group sre, within 60m; then to be used within 15m
  b-dev: does not match: its namespaceSelector does not match the labels of namespace prod
  c-alice: does not match: its subjects name neither bob nor a group of theirs

Bound to
  Operation:  CONNECT pods/exec (v1)
  Target:     web-0 in namespace prod
  Target UID: ${uid}
  Container:  sidecar
  Command:    sh -c ls
  Streams:    stdin, terminal, no stderr
  Digest:     ${digest}
`,
    });
  });

  const mapIs = (code: number, body: object): void => {
    const { script } = harness.server;
    harness.server.script = (request) =>
      request.path === '/api/v1/namespaces/sallyport-system/configmaps/sallyport-people'
        ? { type: 'Json', status: code, body }
        : script(request);
  };
  const people = (text: string) => ({ metadata: { name: 'sallyport-people' }, data: { 'people.yaml': text } });

  it.each<[string, number, object, string, object]>([
    [
      'an agent of the people map',
      200,
      people('people: [{person: Alice, usernames: [alice], agents: [bob]}]'),
      '\nRequester\n  Class:      Agent, of Alice, who does not approve what it asks for\n\nPolicies\n',
      { username: 'bob', class: 'Agent', owner: 'Alice', peopleMap: 'Read' },
    ],
    [
      'somebody whom the map does not name as an agent',
      200,
      people('people: []'),
      'of group sre\n\nPolicies\n',
      { username: 'bob', class: 'Human', peopleMap: 'Read' },
    ],
    [
      'who may not read the map',
      403,
      status(403, 'Forbidden', 'no'),
      '(whether it is Agent is not known: you may not read ConfigMap sallyport-system/sallyport-people)\n',
      { username: 'bob', peopleMap: 'NotAllowed' },
    ],
    [
      'whose map has mistakes',
      200,
      people('people: [{}]'),
      '(whether it is Agent is not known: ConfigMap sallyport-system/sallyport-people has mistakes, see whoami)\n',
      { username: 'bob', peopleMap: 'Refused' },
    ],
  ])('says which class the requester has, as far as it may be known: %s', async (_, code, body, words, requester) => {
    policy('a');
    mapIs(code, body);
    expect((await harness.run('can exec web-0 -n prod -- ls')).out).toContain(words);
    const { out } = await harness.run('can exec web-0 -n prod -o json -- ls');
    expect(JSON.parse(out)[0].requester).toEqual(requester);
  });

  it('takes the container that kubectl takes', async () => {
    policy('a');
    expect((await harness.run('can exec pod/web-0 -n prod -- ls')).out).toContain('Container:  app\n');
  });

  it.each([
    ['can attach web-0 -n prod', 'CONNECT pods/attach', 7],
    [
      'can port-forward web-0 -n prod',
      'CONNECT pods/portforward web-0 in namespace prod, as bob: needs no approval',
      0,
    ],
  ])('%s', async (args, words, code) => {
    policy('a');
    const result = await harness.run(args);
    expect(result.out).toContain(words);
    expect(result.code).toBe(code);
  });

  it('says that there is no such container', async () => {
    policy('a');
    expect(await harness.run('can exec web-0 -n prod -c nope -- ls')).toEqual({
      code: 3,
      err: 'error: pod prod/web-0 has no container nope (it has app, sidecar)\n',
      out: '',
    });
  });

  it('takes the ports of a port-forward, which are in no review', async () => {
    policy('a');
    const { code, err } = await harness.run('can port-forward web-0 8080:80 9090 -n prod');
    expect({ code, err }).toEqual({ code: 0, err: expect.stringContaining('about every port of the pod') });
  });

  it('says that nothing asks', async () => {
    expect(await harness.run('can exec web-0 -n prod -- ls')).toEqual({
      code: 0,
      err: '',
      out: 'CONNECT pods/exec web-0 in namespace prod, as bob: needs no approval\n\nPolicies\n  none\n',
    });
  });

  it('says that a policy which is not ready refuses', async () => {
    policy('broken', {}, { approval: { stages: [{ name: 'sre', approvers: [] }] } });
    const { code, out } = await harness.run('can exec web-0 -n prod -- ls');
    expect(code).toBe(7);
    expect(out).toContain('as bob: would be refused: policy broken is not ready');
    expect(out).toContain('    spec.approval.stages[0].approvers: ');
  });

  it('-o json', async () => {
    policy('a');
    const { out } = await harness.run('can exec web-0 -n prod -o json -- ls');
    expect(JSON.parse(out)).toMatchObject([{ verdict: { type: 'NeedsApproval' }, policies: [{ verdict: 'Matches' }] }]);
  });

  it('says what the caller may not read', async () => {
    const { script } = harness.server;
    harness.server.script = (request) =>
      request.path.endsWith('/approvalpolicies')
        ? { type: 'Json', status: 403, body: status(403, 'Forbidden', 'bob cannot list approvalpolicies') }
        : script(request);
    const { code, err } = await harness.run('can exec web-0 -n prod -- ls');
    expect(code).toBe(1);
    expect(err).toBe(
      'error: you may not read the policies: bob cannot list approvalpolicies (the roles view and sallyport-viewer may)\n',
    );
  });

  it.each([
    ['can exec web-0', 2],
    ['can exec web-0 ls', 2],
    ['can attach web-0 -- ls', 2],
    ['can port-forward web-0 a:b:c', 2],
    ['can cp web-0', 2],
    ['can exec deploy/web -- ls', 2],
    ['explain', 2],
    ['explain -f /nowhere', 2],
  ])('%s: %d', async (args, code) => {
    expect((await harness.run(args)).code).toBe(code);
  });
});

describe('explain', () => {
  const explain = async (...objects: readonly object[]) => {
    await writeFile(file, objects.map((object) => JSON.stringify(object)).join('\n---\n'));
    return await harness.run(['explain', '-n', 'prod', '-f', file]);
  };

  it('a creation, a change and no change, one after the other', async () => {
    policy('a');
    put('/apis/apps/v1/deployments', deployment());
    const created = deployment({ metadata: { name: 'new', labels: {} } });
    const changed = deployment({ spec: { replicas: 2, template: { spec: { containers: [] } } } });
    const { code, out } = await explain(created, changed, deployment());
    expect(code).toBe(7);
    expect(out.match(/^[A-Z]{3,}.*$/gm)).toEqual([
      'CREATE deployments new in namespace prod, as bob: needs the approval of 1 of group sre',
      'UPDATE deployments web in namespace prod, as bob: needs the approval of 1 of group sre',
      'UPDATE deployments web in namespace prod, as bob: needs no approval: it changes nothing',
    ]);
    expect(out).toContain('/spec/replicas: 1 → 2');
  });

  it('writes nothing but dry runs', async () => {
    policy('a');
    await explain(deployment({ metadata: { name: 'new' } }));
    const writes = harness.server.requests.filter(({ method, path }) => method !== 'GET' && !path.endsWith('reviews'));
    expect(writes.map(({ query }) => query['dryRun'])).toEqual(['All']);
  });

  it.each<[string, object[], number, string]>([
    ['a kind that the cluster has not', [{ apiVersion: 'apps/v1', kind: 'Gadget' }], 3, 'no kind Gadget of apps/v1'],
    ['what is no object', [[1]], 2, 'no object of Kubernetes'],
    ['nothing', [], 2, 'holds no object'],
  ])('%s', async (_, objects, code, words) => {
    const result = await explain(...objects);
    expect(result.code).toBe(code);
    expect(result.err).toContain(words);
  });
});
