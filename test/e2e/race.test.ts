import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseDenial } from '../../src/core/decision/denial.ts';
import { verifies } from '../harness/verifies.ts';
import { amount } from '../proof/size.ts';
import { type ApiClient, apiClient } from './harness/api-client.ts';
import { leavesTrace, runs } from './harness/ledger-pod.ts';
import { execAsKubectl, rawExec } from './harness/raw-exec.ts';
import { exec, scene } from './harness/scene.ts';
import { approveByPost, getRequest, listRequests } from './harness/votes.ts';

const PARALLEL = 50;
/** Fifty processes of kubectl are dear on two cores; what the API server gets is the same either way. */
const ROUNDS = {
  upgrade: amount('SALLYPORT_PROOF_RACES', { short: 18, long: 980 }),
  kubectl: amount('SALLYPORT_PROOF_KUBECTL_RACES', { short: 2, long: 20 }),
} as const;
const LONGEST_ROUND_MS = 15_000;
const CLIENTS = { upgrade: 'raw WebSocket upgrades, each with the SPDY fallback', kubectl: 'processes of kubectl' };

/** What one of the parallel attempts came to: let in, or the codes of its refusals. */
type Attempt = { readonly kind: 'Ran' } | { readonly kind: 'Refused'; readonly codes: readonly (string | undefined)[] };

let admin: ApiClient;
let alice: ApiClient;
let bob: ApiClient;

beforeAll(async () => {
  [admin, alice, bob] = await Promise.all([apiClient('admin'), apiClient('alice'), apiClient('bob')]);
});

afterAll(() => {
  for (const client of [admin, alice, bob]) client.agent.destroy();
});

async function byUpgrade(namespace: string, command: readonly string[]): Promise<Attempt> {
  const answers = await execAsKubectl(alice, { namespace, pod: 'web-0', command });
  if (answers.some((answer) => answer.kind === 'Allowed')) return { kind: 'Ran' };
  return {
    kind: 'Refused',
    codes: answers.map((answer) => (answer.kind === 'Refused' ? parseDenial(answer.message)?.code : undefined)),
  };
}

async function byKubectl(namespace: string, command: readonly string[]): Promise<Attempt> {
  const result = await exec('alice', namespace, ...command);
  if (result.code === 0) return { kind: 'Ran' };
  return { kind: 'Refused', codes: [parseDenial(result.stderr)?.code] };
}

describe.each(['upgrade', 'kubectl'] as const)('fifty at once on one approval, %s', (client) => {
  const attempt = client === 'upgrade' ? byUpgrade : byKubectl;
  test(`${verifies('R2', 'R14', 'R40', 'R41')}exactly one runs, and at most one new request is opened (${ROUNDS[client]} rounds, ${CLIENTS[client]})`, {
    timeout: Math.max(300_000, ROUNDS[client] * LONGEST_ROUND_MS),
  }, async () => {
    const { namespace } = await scene('race');
    for (let round = 0; round < ROUNDS[client]; round += 1) {
      const mark = `round-${round}`;
      const command = leavesTrace(mark);
      const before = new Set((await listRequests(admin, namespace)).map(({ metadata }) => metadata.name));
      const asked = await rawExec(alice, { namespace, pod: 'web-0', command }, 'websocket');
      expect(asked.kind).toBe('Refused');
      const opened = (await listRequests(admin, namespace)).filter(({ metadata }) => !before.has(metadata.name));
      expect(opened).toHaveLength(1);
      const [request] = opened;
      if (request === undefined) return;
      await approveByPost(bob, 'bob', request);

      const attempts = await Promise.all(Array.from({ length: PARALLEL }, () => attempt(namespace, command)));

      const refused = attempts.flatMap((each) => (each.kind === 'Refused' ? each.codes : []));
      expect(attempts.filter(({ kind }) => kind === 'Ran')).toHaveLength(1);
      expect(await runs(admin, namespace, mark)).toBe(1);
      const used = await getRequest(admin, namespace, request.metadata.name ?? '');
      expect(used.status?.state).toBe('Consumed');
      expect(used.status?.uses).toHaveLength(1);
      expect(new Set(refused)).toEqual(new Set(refused.map(knownRefusal)));
      const after = (await listRequests(admin, namespace)).filter(({ metadata }) => !before.has(metadata.name));
      expect(after.length - 1).toBeLessThanOrEqual(1);
    }
  });
});

/** A loser is told that the approval was used; one that comes 5 s later is asked anew. Anything else is a finding. */
function knownRefusal(code: string | undefined): string {
  return code === 'ApprovalRequired' ? code : 'AlreadyUsed';
}
