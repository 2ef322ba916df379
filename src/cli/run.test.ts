import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { execRequest } from '../../test/builders/exec-request.ts';
import { type Fault, type RecordedRequest, ScriptedApiServer } from '../../test/harness/scripted-api-server.ts';
import type { StoredObject } from '../../test/harness/versioned-store.ts';
import type { ApprovalRequest, ApprovalVote, RequestStatus } from '../core/api/kinds.ts';
import { voteName } from '../core/approval/act.ts';
import { systemClock } from '../platform/clock/system-clock.ts';
import { DEFAULT_CLIENT_LIMITS, loadKubeClient } from '../platform/kube/client.ts';
import { awaitCount } from './await-count.ts';
import { run } from './run.ts';

const REQUESTS = '/apis/sallyport.dev/v1alpha1/approvalrequests';
const VOTES = '/apis/sallyport.dev/v1alpha1/approvalvotes';
const NOW = Date.parse('2026-01-01T10:01:00Z');

let server: ScriptedApiServer;
let refusal: Fault | undefined;
let counts: RequestStatus | undefined;

beforeEach(async () => {
  server = await new ScriptedApiServer().listen();
  refusal = undefined;
  counts = undefined;
  server.script = (request) => whoIs(request) ?? (isVote(request) ? refusal : undefined) ?? notFound(request);
  const store = server.store.onChange;
  server.store.onChange = (type, collection, object) => {
    store(type, collection, object);
    if (collection === VOTES && counts !== undefined) count(object as unknown as ApprovalVote, counts);
  };
});

afterEach(async () => {
  await server[Symbol.asyncDispose]();
});

/** Says who asks, as the API server does. */
function whoIs({ path }: RecordedRequest): Fault | undefined {
  if (!path.endsWith('/selfsubjectreviews')) return undefined;
  return { type: 'Json', status: 201, body: { status: { userInfo: { username: 'bob' } } } };
}

function isVote({ method, path }: RecordedRequest): boolean {
  return method === 'POST' && path.endsWith('/approvalvotes');
}

function notFound({ method, path }: RecordedRequest): Fault | undefined {
  const name = /\/approvalrequests\/([^/]+)$/.exec(path)?.[1];
  if (method !== 'GET' || name === undefined || server.store.get(REQUESTS, `prod/${name}`) !== undefined) return;
  return { type: 'Json', status: 404, body: failure(404, 'NotFound', `"${name}" not found`, { name }) };
}

function failure(code: number, reason: string, message: string, details?: object): object {
  return { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message, details };
}

/** The controller: the vote stands in the status. */
function count(vote: ApprovalVote, status: RequestStatus): void {
  const request = server.store.get(REQUESTS, `prod/${vote.spec.request}`) as unknown as ApprovalRequest;
  const { uid = '', name = '' } = vote.metadata;
  const votes = [
    { uid, name, person: 'bob', username: 'bob', decision: vote.spec.decision, via: 'Kubernetes', at: '' },
  ];
  server.store.put(REQUESTS, {
    ...request,
    status: { ...request.status, ...status, votes },
  } as unknown as StoredObject);
}

function put(request: ApprovalRequest): ApprovalRequest {
  server.store.put(REQUESTS, request as unknown as StoredObject);
  return server.store.get(REQUESTS, `prod/${request.metadata.name}`) as unknown as ApprovalRequest;
}

async function cli(args: string, answer?: string) {
  const out: string[] = [];
  const err: string[] = [];
  const code = await run([...args.split(' '), '--kubeconfig', server.kubeconfig], {
    connect: (source) => loadKubeClient(source, DEFAULT_CLIENT_LIMITS, systemClock),
    clock: { ...systemClock, now: () => NOW },
    streams: {
      stdout: (text) => void out.push(text),
      stderr: (text) => void err.push(text),
      isTTY: answer !== undefined,
      ask: async (question) => {
        err.push(question);
        return answer ?? '';
      },
    },
  });
  return { code, out: out.join(''), err: err.join('') };
}

const votes = () => server.store.objects(VOTES) as unknown as ApprovalVote[];
const APPROVED: RequestStatus = { state: 'Approved', approvals: '1/1', expiresAt: '2026-01-01T10:16:00Z' };

describe('approve', () => {
  it('votes for what was shown and says what follows', async () => {
    const { metadata, spec } = put(execRequest());
    counts = APPROVED;
    expect(await cli('approve prod/exec-web-0 -r fine')).toEqual({
      code: 0,
      out: 'prod/exec-web-0 is Approved (1/1); the requester has until 10:16:00 UTC (in 15m) to run it\n',
      err: `prod/exec-web-0 (Pending (0/1), until 10:15:00 UTC (in 14m))
  who:    alice
  what:   exec ls "/a b" on pods/web-0 (app)
  why:    (no reason given)
  digest: ${spec.digest?.slice(0, 19)}
  all:    kubectl sallyport show prod/exec-web-0
`,
    });
    expect(votes()).toMatchObject([
      {
        metadata: {
          name: voteName({ name: 'exec-web-0', uid: metadata.uid ?? '' }, 'bob', 'Approve'),
          namespace: 'prod',
        },
        spec: {
          request: 'exec-web-0',
          requestUID: metadata.uid,
          digest: spec.digest,
          decision: 'Approve',
          reason: 'fine',
        },
      },
    ]);
  });

  it('names who is still missing', async () => {
    put(execRequest());
    counts = {
      state: 'Pending',
      approvals: '1/2',
      stages: [{ policy: 'prod-shells', name: 'oncall', approved: 0, required: 1 }],
    };
    expect(await cli('approve exec-web-0 -n prod')).toMatchObject({
      code: 0,
      out: 'prod/exec-web-0 is Pending (1/2); it still needs 1 of group sre\n',
    });
  });

  it.each([
    ['y', 0, 1],
    ['YES', 0, 1],
    ['', 1, 0],
    ['n', 1, 0],
    ['yikes', 1, 0],
  ])('on a terminal the answer %j gives exit code %d and %d votes', async (answer, code, cast) => {
    put(execRequest());
    counts = APPROVED;
    const result = await cli('approve prod/exec-web-0', answer);
    expect(result).toMatchObject({ code });
    expect(result.err).toContain('Approve? [y/N] ');
    expect(votes()).toHaveLength(cast);
  });

  it('does not ask with --yes', async () => {
    put(execRequest());
    counts = APPROVED;
    const { code, err } = await cli('approve prod/exec-web-0 --yes', 'n');
    expect(code).toBe(0);
    expect(err).not.toContain('?');
  });

  it('refuses what was not reviewed', async () => {
    put(execRequest());
    const { code, err } = await cli(`approve prod/exec-web-0 --digest sha256:${'1'.repeat(64)}`);
    expect(code).toBe(1);
    expect(err).toContain('error: prod/exec-web-0 is not what you reviewed: its digest is sha256:');
    expect(votes()).toEqual([]);
  });

  it('goes on where the digest is what was reviewed', async () => {
    const { spec } = put(execRequest());
    counts = APPROVED;
    expect(await cli(`approve prod/exec-web-0 --digest ${spec.digest}`)).toMatchObject({ code: 0 });
  });

  it('refuses a digest that is not of the content', async () => {
    put(execRequest({ spec: { digest: `sha256:${'0'.repeat(64)}` } }));
    const { code, err } = await cli('approve prod/exec-web-0');
    expect(code).toBe(1);
    expect(err).toContain('error: prod/exec-web-0 cannot be approved: its digest is not that of what it shows\n');
    expect(votes()).toEqual([]);
  });

  it('passes on the words of a webhook', async () => {
    put(execRequest());
    const words = 'admission webhook "votes.sallyport.dev" denied the request: nobody approves their own request';
    refusal = { type: 'Json', status: 403, body: failure(403, 'Forbidden', words) };
    const { code, err } = await cli('approve prod/exec-web-0');
    expect(code).toBe(1);
    expect(err.endsWith(`error: the vote was refused: ${words}\n`)).toBe(true);
  });

  it('says that a vote came too late when the request ended without it', async () => {
    put(execRequest());
    server.store.onChange = (_, collection) => {
      if (collection === VOTES) put(execRequest({ status: { state: 'Denied', endedAt: '2026-01-01T10:01:00Z' } }));
    };
    const { code, err } = await cli('approve prod/exec-web-0');
    expect(code).toBe(1);
    expect(err).toContain('error: your vote came too late: prod/exec-web-0 is Denied (0/1)\n');
  });
});

describe('the other votes', () => {
  it.each([
    ['deny prod/exec-web-0 -r no', 'Deny', 'Denied'],
    ['revoke prod/exec-web-0 -r no', 'Revoke', 'Revoked'],
    ['cancel prod/exec-web-0', 'Cancel', 'Cancelled'],
  ] as const)('%s', async (args, decision, state) => {
    put(execRequest());
    counts = { state, endedAt: '2026-01-01T10:01:00Z' };
    expect(await cli(args, 'n')).toMatchObject({ code: 0, out: `prod/exec-web-0 is ${state} (0/1)\n` });
    expect(votes().map((vote) => vote.spec.decision)).toEqual([decision]);
  });

  it('a second vote of one person is told apart from a failure', async () => {
    put(execRequest());
    counts = { state: 'Pending' };
    await cli('approve prod/exec-web-0');
    const earlier = server.store.get(VOTES, `prod/${votes()[0]?.metadata.name}`);
    server.store.put(VOTES, {
      ...earlier,
      metadata: {
        ...earlier?.metadata,
        name: votes()[0]?.metadata.name ?? '',
        creationTimestamp: '2026-01-01T10:00:00Z',
      },
    });
    const { code, err } = await cli('deny prod/exec-web-0 -r no');
    expect(code).toBe(1);
    expect(err).toContain('error: bob voted on prod/exec-web-0 already: Approve, 60s ago\n');
  });

  it('an ended request takes no vote', async () => {
    put(execRequest({ status: { state: 'Expired', endedAt: '2026-01-01T10:00:30Z' } }));
    const { code, err } = await cli('deny prod/exec-web-0 -r no');
    expect(code).toBe(1);
    expect(err).toContain('error: too late: prod/exec-web-0 is Expired (0/1)\n');
    expect(votes()).toEqual([]);
  });

  it('-o name prints the vote alone on stdout', async () => {
    put(execRequest());
    counts = APPROVED;
    const { out, err } = await cli('approve prod/exec-web-0 -o name');
    expect(out).toMatch(/^approvalvote\.sallyport\.dev\/exec-web-0-decision-[0-9a-f]{16}\n$/);
    expect(err).toContain('is Approved (1/1)');
  });
});

describe('list and show', () => {
  it('lists open requests; --all the others too', async () => {
    put(execRequest());
    put(execRequest({ name: 'old', status: { state: 'Denied' } }));
    expect(await cli('list -n prod -o name')).toEqual({
      code: 0,
      out: 'approvalrequest.sallyport.dev/exec-web-0\n',
      err: '',
    });
    expect((await cli('list -A --all')).out.match(/^prod /gm)).toHaveLength(2);
  });

  it('says where nothing was found, in the namespace of the context', async () => {
    put(execRequest());
    expect(await cli('list')).toEqual({
      code: 0,
      out: '',
      err: 'No open approval requests in namespace sallyport-system. -A looks in all namespaces.\n',
    });
  });

  it('shows the page, or the object', async () => {
    put(execRequest());
    expect((await cli('show prod/exec-web-0')).out).toContain('\nDigest\n');
    expect(JSON.parse((await cli('show prod/exec-web-0 -o json')).out)).toMatchObject({ kind: 'ApprovalRequest' });
  });
});

describe('exit codes', () => {
  it.each([
    ['frob', 2, "error: unknown command 'frob'\n"],
    ['deny prod/x', 2, "error: required option '-r, --reason <text>' not specified\n"],
    ['show Prod/x', 2, 'error: "Prod" is not the name of a namespace (see: kubectl sallyport --help)\n'],
    [
      'show prod/x -n dev',
      2,
      'error: the request is in namespace prod, but -n says dev (see: kubectl sallyport --help)\n',
    ],
    ['show a b', 2, 'error: too many arguments'],
    ['list -o xml', 2, "error: option '-o, --output <format>' argument 'xml' is invalid"],
    ['approve prod/x --digest sha256:ab', 2, "error: option '--digest <sha256>' argument 'sha256:ab' is invalid"],
    [
      'show prod/nope',
      3,
      'error: approval request "nope" not found in namespace "prod" (try: kubectl sallyport list -A --all)\n',
    ],
    ['list --context other', 4, "error: cannot reach the API server: the kubeconfig has no context 'other'"],
  ])('%s: %d', async (args, code, message) => {
    const result = await cli(args);
    expect(result.code).toBe(code);
    expect(result.err).toContain(message);
    expect(result.out).toBe('');
  });

  it('a cluster without Sallyport: 3', async () => {
    server.script = () => ({ type: 'Text', status: 404, text: '404 page not found\n' });
    expect(await cli('list')).toMatchObject({
      code: 3,
      err: 'error: this cluster has no Sallyport (is --context the right cluster?)\n',
    });
  });

  it('no API server: 4', async () => {
    server.script = () => ({ type: 'Reset' });
    const { code, err } = await cli('list');
    expect(code).toBe(4);
    expect(err).toMatch(/^error: cannot reach the API server: .+\n$/);
  });

  it('help: 0', async () => {
    expect(await cli('list --help')).toMatchObject({ code: 0, err: '' });
  });
});

describe('waiting for the count', () => {
  it('ends by itself when nothing counts, whether or not the API server answers', async () => {
    const { metadata, spec } = put(execRequest());
    const client = loadKubeClient({ kubeconfig: server.kubeconfig }, DEFAULT_CLIENT_LIMITS, systemClock);
    const vote: ApprovalVote = {
      apiVersion: '',
      kind: 'ApprovalVote',
      metadata: { name: 'v', namespace: 'prod', uid: 'v' },
      spec: { request: 'exec-web-0', requestUID: metadata.uid ?? '', digest: spec.digest ?? '', decision: 'Approve' },
    };
    const wait = { totalMs: 150, everyMs: 20 };
    expect(await awaitCount({ client, clock: systemClock }, vote, wait)).toEqual({ type: 'NotYet' });
    server.script = () => ({ type: 'Silence' });
    expect(await awaitCount({ client, clock: systemClock }, vote, wait)).toEqual({ type: 'NotYet' });
    client.close();
  });
});
