import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import type { ApprovalRequest, ApprovalVote } from '../../src/core/api/kinds.ts';
import { buildVote } from '../../src/core/approval/act.ts';
import { achieves } from '../harness/achieves.ts';
import { verifies } from '../harness/verifies.ts';
import { apply, json, kubectl, must, mustApply } from './harness/kubectl.ts';
import { ask } from './harness/own-kinds.ts';
import { approve, denialCode, deniedRequest, exec, request, requests, scene, waitForState } from './harness/scene.ts';
import { probe, server } from './harness/server.ts';

const OURS = [
  'validatingwebhookconfiguration/sallyport-own-kinds',
  'mutatingwebhookconfiguration/sallyport-own-kinds',
] as const;

/** Commands of alice's, each with a request of its own. */
const COMMANDS = ['approved', 'voted', 'both', 'honest', 'replayed', 'unvoted'] as const;
type Command = (typeof COMMANDS)[number];

const later = () => new Date(Date.now() + 600_000).toISOString().replace(/\.\d{3}Z$/, 'Z');

describe('what an admin writes while our webhooks are away', () => {
  let namespace: string;
  let asked: Record<Command, ApprovalRequest>;

  beforeAll(async () => {
    ({ namespace } = await scene('seals'));
    const opened: [Command, ApprovalRequest][] = [];
    for (const command of COMMANDS) {
      const { metadata } = await ask(namespace, 'echo', command);
      opened.push([command, await waitForState(namespace, metadata.name ?? '', 'Pending')]);
    }
    asked = Object.fromEntries(opened) as Record<Command, ApprovalRequest>;
    for (const command of ['replayed', 'unvoted'] as const) {
      await approve('bob', { namespace, name: asked[command].metadata.name ?? '' });
    }

    await server.stop();
    const kept = await Promise.all(OURS.map((name) => json<{ metadata: object }>('admin', ['get', name])));
    // The fences first: it takes the API server a moment to see that a binding has gone.
    await must('admin', ['delete', 'validatingadmissionpolicybinding', 'sallyport-fence', 'sallyport-own-kinds']);
    await achieves('the end of our webhooks', () => must('admin', ['delete', '--ignore-not-found', ...OURS]));
    await forge();
    // As the controller does when it is back: it must not matter who is first.
    for (const configuration of kept) {
      const { annotations: _a, ...metadata } = configuration.metadata as Record<string, unknown>;
      for (const field of ['resourceVersion', 'uid', 'creationTimestamp', 'generation', 'managedFields'])
        Reflect.deleteProperty(metadata, field);
      await apply('admin', { ...configuration, metadata });
    }
    await server.start();
  });

  afterAll(async () => {
    if ((await probe(inject('e2e').place, '/livez')) === 0) await server.start();
  });

  async function forge(): Promise<void> {
    await patchStatus('approved', { state: 'Approved', expiresAt: later() });
    await vote('voted');
    await vote('both');
    await patchStatus('both', { state: 'Approved', expiresAt: later() });
    // A true status of another request of the same requester.
    const replayed = await request(namespace, asked.replayed.metadata.name ?? '');
    await patchStatus('honest', { ...replayed.status });
    // What was truly approved, and then lost its votes.
    const { items } = await json<{ items: ApprovalVote[] }>('admin', ['get', 'approvalvotes', '-n', namespace]);
    const cast = items.find(({ spec }) => spec.requestUID === asked.unvoted.metadata.uid);
    await must('admin', ['delete', 'approvalvote', cast?.metadata.name ?? '', '-n', namespace]);
  }

  async function patchStatus(command: Command, status: object): Promise<void> {
    const { name } = asked[command].metadata;
    const patch = JSON.stringify({ status });
    await must('admin', [
      'patch',
      'approvalrequest',
      name,
      '-n',
      namespace,
      '--subresource=status',
      '--type=merge',
      '-p',
      patch,
    ]);
  }

  /** Bob's vote as it would be stamped, with a seal that somebody made up. */
  async function vote(command: Command): Promise<void> {
    const built = buildVote(asked[command], 'bob', 'Approve', undefined);
    const voter = { username: 'bob', groups: ['sre'], person: 'bob' };
    await mustApply('admin', {
      ...built,
      spec: { ...built.spec, voter, via: 'Kubernetes', assurance: 'Kubernetes', seal: `v1.${'0'.repeat(64)}` },
    });
  }

  test.each<[string, Command]>([
    ['a status that says Approved', 'approved'],
    ['a status that was true of another request', 'honest'],
    ['a vote and a status', 'both'],
  ])(
    `${verifies('R15', 'R13')}%s counts for nothing: a new request is asked for, and the controller warns`,
    async (_, command) => {
      const { name, uid } = asked[command].metadata;
      const forged = await request(namespace, name);
      expect(forged.status?.state).toBe('Approved');
      const result = await exec('alice', namespace, 'echo', command);
      expect(result.code).not.toBe(0);
      expect(result.stdout).toBe('');
      expect(denialCode(result)).toBe('ApprovalRequired');
      const anew = deniedRequest(result);
      expect(anew.name).not.toBe(name);

      await achieves('an Event', async () => {
        const events = await json<{ items: { reason: string; involvedObject: { uid: string } }[] }>('admin', [
          'get',
          'events',
          '-n',
          namespace,
        ]);
        const about = events.items.filter(({ involvedObject }) => involvedObject.uid === uid);
        expect(about.map(({ reason }) => reason)).toContain('ForgedStatus');
      });
      expect((await request(namespace, name)).status).toEqual(forged.status);

      await approve('bob', anew);
      expect((await exec('alice', namespace, 'echo', command)).stdout).toBe(`${command}\n`);
    },
  );

  test(`${verifies('R15', 'README-seals')}a forged vote is not counted, and cannot be completed by a true status`, async () => {
    const { name } = asked.voted.metadata;
    expect(denialCode(await exec('alice', namespace, 'echo', 'voted'))).toBe('ApprovalRequired');
    expect(await request(namespace, name)).toMatchObject({ status: { state: 'Pending', approvals: '0/1' } });
    // Carol's own vote counts as ever.
    await approve('carol', { namespace, name });
    expect((await request(namespace, name)).status?.votes?.map(({ username }) => username)).toEqual(['carol']);
    expect((await exec('alice', namespace, 'echo', 'voted')).stdout).toBe('voted\n');
  });

  test(`${verifies('R15')}an approval whose votes are gone is not used`, async () => {
    const result = await exec('alice', namespace, 'echo', 'unvoted');
    expect(result.code).not.toBe(0);
    expect(denialCode(result)).toBe('NotConfirmed');
    const stored = await request(namespace, asked.unvoted.metadata.name);
    expect(stored.status).toMatchObject({ state: 'Approved' });
    expect(stored.status?.uses).toBeUndefined();
  });

  test(`${verifies('R15')}what nobody touched is used as before`, async () => {
    expect((await exec('alice', namespace, 'echo', 'replayed')).stdout).toBe('replayed\n');
    expect((await exec('alice', namespace, 'echo', 'replayed')).code).not.toBe(0);
  });

  test(`${verifies('R15')}every request, vote and status of ours bears a seal; another's token does not make one`, async () => {
    const { items: votes } = await json<{ items: ApprovalVote[] }>('admin', ['get', 'approvalvotes', '-n', namespace]);
    for (const { spec } of votes) expect(spec.seal).toMatch(/^v1\.[0-9a-f]{64}$/);
    for (const { spec, status } of await requests(namespace)) {
      expect(spec.seal).toMatch(/^v1\.[0-9a-f]{32}\.[0-9a-f]{64}$/);
      if (status?.state !== 'Approved') expect(status?.seal).toMatch(/^v1\.[0-9a-f]{64}$/);
    }
    const as = 'system:serviceaccount:sallyport-system:sallyport';
    const stored = await request(namespace, asked.unvoted.metadata.name);
    const path = `/apis/sallyport.dev/v1alpha1/namespaces/${namespace}/approvalrequests/${stored.metadata.name}/status`;
    // As good as a token of ours: the name alone is refused as an impersonation.
    const token = ['--as', as, '--as-user-extra=authentication.kubernetes.io/credential-id=JTI=1'];
    const minted = await kubectl('admin', ['replace', '--raw', path, '-f', '-', ...token], {
      stdin: JSON.stringify({ ...stored, status: { ...stored.status, expiresAt: later() } }),
    });
    expect(minted.code).not.toBe(0);
    expect(minted.stderr).toContain('the status does not bear our seal');
  });
});
