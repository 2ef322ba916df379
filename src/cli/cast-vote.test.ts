import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { execRequest } from '../../test/builders/exec-request.ts';
import { CliHarness, VOTES } from '../../test/harness/cli-harness.ts';
import { status } from '../../test/harness/versioned-store.ts';
import type { ApprovalVote, RequestStatus } from '../core/api/kinds.ts';
import { voteName } from '../core/approval/act.ts';
import { systemClock } from '../platform/clock/system-clock.ts';
import { DEFAULT_CLIENT_LIMITS, loadKubeClient } from '../platform/kube/client.ts';
import { awaitCount } from './await-count.ts';

let harness: CliHarness;

beforeEach(async () => {
  harness = await new CliHarness().listen();
});

afterEach(async () => {
  await harness[Symbol.asyncDispose]();
});

const VOTE = { apiVersion: 'sallyport.dev/v1alpha1', kind: 'ApprovalVote' };
const APPROVED: RequestStatus = { state: 'Approved', approvals: '1/1', expiresAt: '2026-01-01T10:16:00Z' };

describe('approve', () => {
  it('votes for what was shown and says what follows', async () => {
    const { metadata, spec } = harness.put(execRequest());
    harness.counts = APPROVED;
    expect(await harness.run('approve --yes prod/exec-web-0 -r fine')).toEqual({
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
    expect(harness.votes()).toMatchObject([
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

  it('cries out when something of the cluster made an approval of a denial', async () => {
    const { spec, metadata } = harness.put(execRequest());
    const stored = { request: 'exec-web-0', requestUID: metadata.uid, digest: spec.digest, decision: 'Approve' };
    const body = { ...VOTE, metadata: { name: 'a', namespace: 'prod', uid: 'vote' }, spec: stored };
    harness.refusal = { type: 'Json', status: 201, body };
    const { code, err } = await harness.run('deny prod/exec-web-0 -r no');
    expect(code).toBe(1);
    expect(err).toContain('your vote was changed on its way: you said Deny, what is stored says Approve');
    expect(err).toContain('kubectl sallyport revoke prod/exec-web-0');
  });

  it('does not vote where there is nobody to ask, unless it is told so', async () => {
    harness.put(execRequest());
    const { code, err } = await harness.run('approve prod/exec-web-0');
    expect(code).toBe(1);
    expect(err).toContain('there is no terminal to ask on');
    expect(harness.votes()).toEqual([]);
  });

  it('names who is still missing', async () => {
    harness.put(execRequest());
    harness.counts = {
      state: 'Pending',
      approvals: '1/2',
      stages: [{ policy: 'prod-shells', name: 'oncall', approved: 0, required: 1 }],
    };
    expect(await harness.run('approve --yes exec-web-0 -n prod')).toMatchObject({
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
    harness.put(execRequest());
    harness.counts = APPROVED;
    const result = await harness.run('approve prod/exec-web-0', answer);
    expect(result).toMatchObject({ code });
    expect(result.err).toContain('Approve? [y/N] ');
    expect(harness.votes()).toHaveLength(cast);
  });

  it('does not ask with --yes', async () => {
    harness.put(execRequest());
    harness.counts = APPROVED;
    const { code, err } = await harness.run('approve prod/exec-web-0 --yes', 'n');
    expect(code).toBe(0);
    expect(err).not.toContain('?');
  });

  it('refuses what was not reviewed', async () => {
    harness.put(execRequest());
    const { code, err } = await harness.run(`approve prod/exec-web-0 --digest sha256:${'1'.repeat(64)}`);
    expect(code).toBe(1);
    expect(err).toContain('error: prod/exec-web-0 is not what you reviewed: its digest is sha256:');
    expect(harness.votes()).toEqual([]);
  });

  it('goes on where the digest is what was reviewed', async () => {
    const { spec } = harness.put(execRequest());
    harness.counts = APPROVED;
    expect(await harness.run(`approve prod/exec-web-0 --digest ${spec.digest}`)).toMatchObject({ code: 0 });
  });

  it('refuses a digest that is not of the content', async () => {
    harness.put(execRequest({ spec: { digest: `sha256:${'0'.repeat(64)}` } }));
    const { code, err } = await harness.run('approve --yes prod/exec-web-0');
    expect(code).toBe(1);
    expect(err).toContain('error: prod/exec-web-0 cannot be approved: its digest is not that of what it shows\n');
    expect(harness.votes()).toEqual([]);
  });

  it('passes on the words of a webhook', async () => {
    harness.put(execRequest());
    const words = 'admission webhook "votes.sallyport.dev" denied the request: nobody approves their own request';
    harness.refusal = { type: 'Json', status: 403, body: status(403, 'Forbidden', words) };
    const { code, err } = await harness.run('approve --yes prod/exec-web-0');
    expect(code).toBe(1);
    expect(err.endsWith(`error: the vote was refused: ${words}\n`)).toBe(true);
  });

  it('says that a vote came too late when the request ended without it', async () => {
    harness.put(execRequest());
    harness.server.store.onChange = (_, collection) => {
      if (collection === VOTES)
        harness.put(execRequest({ status: { state: 'Denied', endedAt: '2026-01-01T10:01:00Z' } }));
    };
    const { code, err } = await harness.run('approve --yes prod/exec-web-0');
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
    harness.put(execRequest());
    harness.counts = { state, endedAt: '2026-01-01T10:01:00Z' };
    expect(await harness.run(args, 'n')).toMatchObject({ code: 0, out: `prod/exec-web-0 is ${state} (0/1)\n` });
    expect(harness.votes().map((vote) => vote.spec.decision)).toEqual([decision]);
  });

  it('a second vote of one person is told apart from a failure', async () => {
    harness.put(execRequest());
    harness.counts = { state: 'Pending' };
    await harness.run('approve --yes prod/exec-web-0');
    const earlier = harness.server.store.get(VOTES, `prod/${harness.votes()[0]?.metadata.name}`);
    harness.server.store.put(VOTES, {
      ...earlier,
      metadata: {
        ...earlier?.metadata,
        name: harness.votes()[0]?.metadata.name ?? '',
        creationTimestamp: '2026-01-01T10:00:00Z',
      },
    });
    const { code, err } = await harness.run('approve --yes prod/exec-web-0');
    expect(code).toBe(1);
    expect(err).toContain('error: bob voted on prod/exec-web-0 already: Approve, 60s ago\n');
  });

  it('an ended request takes no vote', async () => {
    harness.put(execRequest({ status: { state: 'Expired', endedAt: '2026-01-01T10:00:30Z' } }));
    const { code, err } = await harness.run('deny prod/exec-web-0 -r no');
    expect(code).toBe(1);
    expect(err).toContain('error: too late: prod/exec-web-0 is Expired (0/1)\n');
    expect(harness.votes()).toEqual([]);
  });

  it('-o name prints the vote alone on stdout', async () => {
    harness.put(execRequest());
    harness.counts = APPROVED;
    const { out, err } = await harness.run('approve --yes prod/exec-web-0 -o name');
    expect(out).toMatch(/^approvalvote\.sallyport\.dev\/exec-web-0-(approve|deny)-[0-9a-f]{16}\n$/);
    expect(err).toContain('is Approved (1/1)');
  });
});

describe('waiting for the count', () => {
  it('ends by itself when nothing counts, whether or not the API server answers', async () => {
    const { metadata, spec } = harness.put(execRequest());
    const client = loadKubeClient({ kubeconfig: harness.server.kubeconfig }, DEFAULT_CLIENT_LIMITS, systemClock);
    const vote: ApprovalVote = {
      apiVersion: '',
      kind: 'ApprovalVote',
      metadata: { name: 'v', namespace: 'prod', uid: 'v' },
      spec: { request: 'exec-web-0', requestUID: metadata.uid ?? '', digest: spec.digest ?? '', decision: 'Approve' },
    };
    const wait = { totalMs: 150, everyMs: 20 };
    expect(await awaitCount({ client, clock: systemClock }, vote, wait)).toEqual({ type: 'NotYet' });
    harness.server.script = () => ({ type: 'Silence' });
    expect(await awaitCount({ client, clock: systemClock }, vote, wait)).toEqual({ type: 'NotYet' });
    client.close();
  });
});
