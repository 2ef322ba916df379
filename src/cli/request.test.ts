import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { execRequest } from '../../test/builders/exec-request.ts';
import { CliHarness, REQUESTS } from '../../test/harness/cli-harness.ts';
import { status } from '../../test/harness/versioned-store.ts';
import type { ApprovalRequest } from '../core/api/kinds.ts';
import { asksForTheSame, livesIn, NOTHING_ASKS } from '../core/decision/written-refusals.ts';

let harness: CliHarness;
let folder = '';
/** What the webhook says to the requests, one after the other; undefined: it takes them. */
let webhook: (string | undefined)[] = [];

const CONFIG_MAP = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'm', namespace: 'prod', uid: 'new' },
  data: { a: 'b' },
};
const POD = { metadata: { name: 'web-0', namespace: 'prod', uid: 'u' }, spec: { containers: [{ name: 'app' }] } };

beforeEach(async () => {
  webhook = [];
  folder = await mkdtemp(join(tmpdir(), 'request-verb-'));
  harness = await new CliHarness().listen();
  const inherited = harness.server.script;
  harness.server.script = (request) => {
    const { method, path } = request;
    if (method === 'POST' && path.endsWith('/approvalrequests')) {
      const words = webhook.shift();
      if (words === '404') return { type: 'Json', status: 404, body: status(404, 'NotFound', 'no such namespace') };
      const message = `admission webhook "w" denied the request: ${words}`;
      return words === undefined ? undefined : { type: 'Json', status: 403, body: status(403, 'Forbidden', message) };
    }
    if (path === '/api/v1') {
      const resources = [{ name: 'configmaps', kind: 'ConfigMap', namespaced: true }];
      return { type: 'Json', status: 200, body: { kind: 'APIResourceList', resources } };
    }
    if (path.endsWith('/pods/web-0')) return { type: 'Json', status: 200, body: POD };
    if (path.includes('/configmaps/')) return { type: 'Json', status: 404, body: status(404, 'NotFound', 'none') };
    return inherited(request);
  };
  await kubectlSays(CONFIG_MAP);
});

afterEach(async () => {
  await harness[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

/** A program that says this to everything, and keeps what it was asked. */
async function kubectlSays(...objects: readonly object[]): Promise<void> {
  harness.kubectl = join(folder, 'kubectl');
  await writeFile(join(folder, 'said'), objects.map((object) => `${JSON.stringify(object, undefined, 4)}\n`).join(''));
  await writeFile(harness.kubectl, `#!/bin/sh\nprintf '%s\\n' "$@" > '${folder}/asked'\ncat '${folder}/said'\n`);
  await chmod(harness.kubectl, 0o755);
}

const asked = async () => (await readFile(join(folder, 'asked'), 'utf8')).trim().split('\n').slice(1);
const written = () => harness.server.store.objects(REQUESTS) as unknown as ApprovalRequest[];
const request = (...args: readonly string[]) => harness.run(['request', '-n', 'prod', '-r', 'why', ...args]);

describe('what kubectl is asked', () => {
  const PLAN = ['--dry-run=server', '--output=json', '--show-managed-fields'];
  it.each([
    [
      ['-f', 'a.yaml'],
      ['apply', ...PLAN, '--filename=a.yaml'],
    ],
    [
      ['apply', '-f', '-', '--server-side'],
      ['apply', ...PLAN, '--server-side', '--filename=-'],
    ],
    [
      ['create', '-f', '--x'],
      ['create', ...PLAN, '--filename=--x'],
    ],
    [
      ['delete', 'cm', 'm'],
      ['get', '--output=json', '--show-managed-fields', '--', 'cm', 'm'],
    ],
  ])('request %j', async (args, plan) => {
    expect((await request(...args)).code).toBe(0);
    expect(await asked()).toEqual(['--namespace=prod', ...plan]);
  });
});

describe('what is sent', () => {
  it('of several objects is a request each, in whatever form kubectl lists them', async () => {
    const other = { ...CONFIG_MAP, metadata: { ...CONFIG_MAP.metadata, name: 'n' } };
    await kubectlSays(CONFIG_MAP, { apiVersion: 'v1', kind: 'List', items: [other] });
    const { code, out, err } = await request('-f', 'x', '--ticket', 'T-1', '--duration', '5m');
    expect(code).toBe(0);
    expect(out.match(/^prod\/create-configmaps-[mn]-[0-9a-f]{8} is Pending/gm)).toHaveLength(2);
    expect(err).toContain('  kubectl sallyport wait prod/create-configmaps-n-');
    expect(written().map(({ spec }) => spec)).toMatchObject([
      { reason: 'why', ticket: 'T-1', duration: '5m', action: { operation: 'CREATE', name: 'm', object: CONFIG_MAP } },
      { action: { name: 'n' } },
    ]);
  });

  it('of an exec is what kubectl sends, which is bound to the pod as it is', async () => {
    await request('exec', 'pod/web-0', '-i', '-t', '--', 'ls', '-l', '--', '-i');
    expect(written()[0]?.spec.action).toMatchObject({
      targetUID: 'u',
      exec: {
        container: 'app',
        command: ['ls', '-l', '--', '-i'],
        stdin: true,
        tty: true,
        stdout: true,
        stderr: false,
      },
    });
  });

  it('of a port-forward is one pod, with the ports as kubectl takes them, which are in no review', async () => {
    const { code, err } = await request('port-forward', 'web-0', '8080:80', ':9090', '8443:https');
    expect(code).toBe(0);
    expect(err).toContain('this is about every port of the pod\n');
    expect(written()[0]?.spec.action).toMatchObject({ subresource: 'portforward', name: 'web-0' });
  });

  it('of a deletion has its options', async () => {
    await request('delete', 'cm/m', '--cascade', 'orphan', '--grace-period', '0');
    expect(written()[0]?.spec.action).toMatchObject({
      operation: 'DELETE',
      targetUID: 'new',
      options: { propagationPolicy: 'Orphan', gracePeriodSeconds: 0 },
    });
  });

  it('goes where the server says that it lives, and nowhere after that', async () => {
    webhook = [livesIn('guarded')];
    await request('-f', 'x');
    expect(written()[0]?.metadata.namespace).toBe('guarded');
    webhook = ['404', livesIn('guarded')];
    await kubectlSays({
      ...CONFIG_MAP,
      metadata: { ...CONFIG_MAP.metadata, namespace: 'sallyport-system', name: 'n' },
    });
    await request('-f', 'x');
    expect(written().map(({ metadata }) => metadata.namespace)).toEqual(['guarded', 'guarded']);
    webhook = [livesIn('a'), livesIn('b')];
    expect(await request('-f', 'x')).toMatchObject({ code: 1 });
  });

  it('nothing, with --dry-run=client; it is printed', async () => {
    const { code, out } = await request('-f', 'x', '--dry-run', 'client');
    expect(code).toBe(0);
    expect(parse(out)).toMatchObject({ kind: 'ApprovalRequest', spec: { reason: 'why' } });
    expect(written()).toEqual([]);
  });
});

describe('what is answered', () => {
  it('what needs no approval is said: 8', async () => {
    webhook = [NOTHING_ASKS];
    expect(await request('-f', 'x')).toEqual({
      code: 8,
      out: '',
      err: 'create on configmaps/m: no policy asks for approval of this\n',
    });
  });

  it('one of two that needs none is no failure; one that is refused is: 1', async () => {
    const other = { ...CONFIG_MAP, metadata: { ...CONFIG_MAP.metadata, name: 'n' } };
    await kubectlSays(CONFIG_MAP, other);
    webhook = [NOTHING_ASKS, undefined];
    expect((await request('-f', 'x')).code).toBe(0);
    await kubectlSays(CONFIG_MAP, { ...other, metadata: { ...other.metadata, name: 'o' } });
    webhook = ['too many requests are pending'];
    const { code, out, err } = await request('-f', 'x');
    expect(code).toBe(1);
    expect(err).toContain(
      'error: create on configmaps/m: not asked: admission webhook "w" denied the request: too many',
    );
    expect(out).toContain('is Pending');
  });

  it('an open request of the same is joined, and given the reason that it lacks', async () => {
    harness.put(execRequest());
    webhook = [asksForTheSame('prod/exec-web-0', 'Pending')];
    const { code, out, err } = await request('exec', 'web-0', '--', 'ls', '/a b');
    expect(err).toContain('prod/exec-web-0 asks for the same already\n');
    expect(out).toBe('prod/exec-web-0 is Pending (0/1); it still needs 1 of group sre\n');
    expect(code).toBe(0);
    expect(written()[0]?.spec.reason).toBe('why');
  });

  it('of a ticket and a duration, that an open request does not take them', async () => {
    harness.put(execRequest({ spec: { reason: 'why', ticket: 'T-1', duration: '5m' } }));
    const same = asksForTheSame('prod/exec-web-0', 'Pending');
    webhook = [same, same];
    const other = await request('exec', 'web-0', '--ticket', 'T-2', '--duration', '1m', '--', 'ls');
    expect(other.err).toContain(
      'asks for the same already, --ticket is not taken, a request is never changed: it has T-1, --duration is not taken, a request is never changed: it has 5m\n',
    );
    expect(other.code).toBe(0);
    const none = await request('exec', 'web-0', '--ticket', 'T-1', '--duration', '5m', '--', 'ls');
    expect(none.err).toContain('asks for the same already\n');
  });

  it.each([
    ['2h', true],
    ['30m', false],
    ['5m', false],
  ])('a duration of %s, where the policy gives a window of 30m', async (duration, useless) => {
    const { script } = harness.server;
    const [policy] = execRequest().spec.policies ?? [];
    const grant = { type: 'Window', useWithinSeconds: 900, windowSeconds: 1800, maxUses: 5 };
    harness.server.script = (sent) => {
      if (sent.method !== 'POST' || !sent.path.endsWith('/approvalrequests')) return script(sent);
      const { spec, ...rest } = sent.body as ApprovalRequest;
      const policies = [{ ...policy, terms: { ...policy?.terms, grant } }];
      return { type: 'Json', status: 201, body: { ...rest, spec: { ...spec, policies } } };
    };
    const { code, err } = await request('exec', 'web-0', '--duration', duration, '--', 'ls');
    expect(code).toBe(0);
    expect(err.includes(`--duration ${duration} shortens nothing: the window is 30m\n`)).toBe(useless);
  });

  it('without the escapes of a command, of a reason, or of a name', async () => {
    const evil = 'x\u001B[2J\u202e\u200b\n';
    harness.put(execRequest({ spec: { reason: evil }, action: { name: evil, exec: { command: [evil] } } }));
    webhook = [asksForTheSame('prod/exec-web-0', 'Pending')];
    const { out, err } = await request('exec', 'web-0', '--', 'ls', evil);
    expect(err).toContain('for another reason: x\\u{1b}[2J');
    webhook = [NOTHING_ASKS];
    const free = await request('exec', 'web-0', '--', 'ls', evil);
    expect(`${out}${err}${free.err}`).not.toMatch(/[^\P{C}\n]/u);
  });

  it('--wait ends as wait does', async () => {
    harness.put(execRequest({ spec: { reason: 'why' }, status: { state: 'Denied' } }));
    webhook = [asksForTheSame('prod/exec-web-0', 'Pending')];
    expect(await request('exec', 'web-0', '--wait', '--', 'ls')).toMatchObject({ code: 5 });
    harness.put(execRequest({ spec: { reason: 'why' } }));
    webhook = [asksForTheSame('prod/exec-web-0', 'Pending')];
    const [start, startedAt] = [harness.now(), Date.now()];
    harness.now = () => start + Date.now() - startedAt;
    expect(await request('exec', 'web-0', '--wait', '--timeout', '1s', '--', 'ls')).toMatchObject({ code: 6 });
  });

  it("kubectl's own words where it fails, without escapes; 127 where there is none", async () => {
    await writeFile(harness.kubectl, `#!/bin/sh\nprintf 'Warning: x\\nerror: no \\033[2J\\n' >&2\nexit 1\n`);
    expect(await request('-f', 'x')).toEqual({
      code: 1,
      out: '',
      err: 'error: nothing was asked for, kubectl apply would fail: error: no \\u{1b}[2J\n',
    });
    await writeFile(
      harness.kubectl,
      `#!/bin/sh\necho 'Error from server (NotFound): configmaps "n" not found' >&2\nexit 1\n`,
    );
    expect(await request('delete', 'cm', 'n')).toMatchObject({
      code: 3,
      err: expect.stringContaining('nothing was asked for, kubectl delete would fail: Error from server (NotFound)'),
    });
    harness.kubectl = join(folder, 'none');
    expect((await request('-f', 'x')).code).toBe(127);
  });

  it('points to run only for an option that is not of request', async () => {
    const { code, err } = await harness.run(['request', '-f', 'x']);
    expect({ code, err }).toEqual({ code: 2, err: "error: required option '-r, --reason <text>' not specified\n" });
    expect((await harness.run(['list', '--replicas', '0'])).err).not.toContain('kubectl sallyport run');
  });

  it.each([
    [[], 'what to apply: -f FILE'],
    [['scale', 'deploy/web'], 'request takes one of apply, create'],
    [['delete', 'pods'], 'a whole collection cannot be asked for'],
    [['exec', 'web-0'], 'exec needs a command, behind --'],
    [['exec', 'web-0', 'ls'], 'exec of one pod, and the command behind --'],
    [['attach', 'web-0', '8080'], 'attach of one pod'],
    [['port-forward', 'web-0', '80 80'], '"80 80" is no port'],
    [['port-forward', 'web-0', '--', 'ls'], 'port-forward has no command'],
    [['exec', 'web-0', '-f', 'x', '--', 'ls'], '-f is not of kubectl exec'],
    [['-f', 'x', '--cascade', 'orphan'], '--cascade is not of kubectl apply'],
    [['-f', 'x', '--timeout', '1s'], '--timeout is for --wait'],
    [['-f', 'x', '--wait', '--dry-run', 'server'], 'a dry run waits for nothing'],
    [['-f', 'x', '--ticket', ' '], "argument ' ' is invalid. It is empty."],
    [['-f', 'x', '--ticket', 'x'.repeat(513)], 'is invalid. It is longer than 512 characters.'],
    [['-f', 'x', '--duration', 'long'], 'It is a duration such as 90s, 10m or 1h.'],
    [['scale', 'deploy/web', '--replicas', '0'], '(for another kubectl command: kubectl sallyport run'],
    [['-f', 'x', '-o', 'wide'], '-o wide is for list'],
  ])('request %j is wrong usage: 2', async (args, words) => {
    const { code, err } = await request(...args);
    expect(err).toContain(words);
    expect(code).toBe(2);
  });
});
