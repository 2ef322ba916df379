import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseDenial } from '../../src/core/decision/denial.ts';
import { achieves } from '../harness/achieves.ts';
import { verifies } from '../harness/verifies.ts';
import { amount } from '../proof/size.ts';
import { type ApiClient, apiClient } from './harness/api-client.ts';
import { leavesTrace, runs } from './harness/ledger-pod.ts';
import { execAsKubectl } from './harness/raw-exec.ts';
import { type Replicas, startReplicas } from './harness/replicas.ts';
import { approve, scene } from './harness/scene.ts';
import { approveByPost, getRequest, listRequests } from './harness/votes.ts';

const PARALLEL_EACH = 50;
const ROUNDS = amount('SALLYPORT_PROOF_REPLICA_RACES', { short: 20, long: 1_000 });

let admin: ApiClient;
let alice: ApiClient;
let bob: ApiClient;
let replicas: Replicas;

beforeAll(async () => {
  [admin, alice, bob] = await Promise.all([apiClient('admin'), apiClient('alice'), apiClient('bob')]);
  replicas = await startReplicas(2);
}, 120_000);

afterAll(async () => {
  await replicas[Symbol.asyncDispose]();
  for (const client of [admin, alice, bob]) client.agent.destroy();
});

describe('three replicas of the webhook', () => {
  test(`${verifies('R13', 'R40')}one asks, another joins, a third lets it through, and none does so again`, async () => {
    const { namespace } = await scene('replicas');
    const review = (replica: number) => replicas.review(replica, namespace, ['id']);
    const asked = await review(0);
    const joined = await review(1);
    expect(asked.allowed || joined.allowed).toBe(false);
    const [opened, ...others] = await listRequests(admin, namespace);
    const name = opened?.metadata.name ?? '';
    expect(others).toEqual([]);
    expect(parseDenial(asked.message)?.request).toBe(`${namespace}/${name}`);
    expect(parseDenial(joined.message)?.request).toBe(`${namespace}/${name}`);

    await approve('bob', { namespace, name });
    // A replica may be a watch event behind: it then asks on, and the retry is let through.
    await achieves('the third replica to let it through', async () => {
      const answer = await review(2);
      if (!answer.allowed) throw new Error(answer.message);
    });
    for (const replica of [0, 1, 2]) expect((await review(replica)).allowed).toBe(false);
    expect((await getRequest(admin, namespace, name)).status?.uses).toHaveLength(1);
  });

  test(`${verifies('R2', 'R40')}of 3 × ${PARALLEL_EACH} at once on one approval one is let through (${ROUNDS} rounds)`, {
    timeout: 300_000 + ROUNDS * 10_000,
  }, async () => {
    const { namespace } = await scene('replicas-race');
    for (let round = 0; round < ROUNDS; round += 1) {
      const command = ['echo', `round-${round}`];
      const before = new Set((await listRequests(admin, namespace)).map(({ metadata }) => metadata.name));
      const asked = await replicas.review(round % replicas.count, namespace, command);
      const opened = (await listRequests(admin, namespace)).filter(({ metadata }) => !before.has(metadata.name));
      expect(opened, `round ${round}: ${JSON.stringify(asked)}`).toHaveLength(1);
      const [request] = opened;
      if (request === undefined) return;
      await approveByPost(bob, 'bob', request);

      const answers = await Promise.all(
        Array.from({ length: PARALLEL_EACH * replicas.count }, (_, index) =>
          replicas.review(index % replicas.count, namespace, command),
        ),
      );

      expect(answers.filter(({ allowed }) => allowed)).toHaveLength(1);
      const used = await getRequest(admin, namespace, request.metadata.name ?? '');
      expect(used.status?.state).toBe('Consumed');
      expect(used.status?.uses).toHaveLength(1);
    }
  });

  test(`${verifies('R2', 'R40')}the API server spreads fifty execs over them, and one command runs`, async () => {
    const { namespace } = await scene('replicas-spread');
    const command = leavesTrace('spread');
    const asked = await execAsKubectl(alice, { namespace, pod: 'web-0', command });
    const [request, ...others] = await listRequests(admin, namespace);
    expect(others).toEqual([]);
    if (request === undefined) throw new Error(`no request was opened: ${JSON.stringify(asked)}`);
    await approveByPost(bob, 'bob', request);
    const before = await replicas.decisions();
    await Promise.all(
      Array.from({ length: PARALLEL_EACH }, () => execAsKubectl(alice, { namespace, pod: 'web-0', command })),
    );
    const after = await replicas.decisions();
    expect(await runs(admin, namespace, 'spread')).toBe(1);
    for (const [replica, count] of after.entries()) expect(count).toBeGreaterThan(before[replica] ?? 0);
  });
});
