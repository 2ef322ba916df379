import { join } from 'node:path';
import type { ApprovalRequest } from '../../src/core/api/kinds.ts';
import { buildVote } from '../../src/core/approval/act.ts';
import { stateOf } from '../../src/core/approval/approval-state.ts';
import { REQUESTS, VOTES } from '../../src/platform/kube/approvals.ts';
import { resourcePath } from '../../src/platform/kube/resource-path.ts';
import { clusterPaths } from '../../tools/cluster/paths.ts';
import { writeUserKubeconfig } from '../../tools/cluster/kubeconfig.ts';
import { waitUntil } from '../../tools/cluster/wait.ts';
import type { LoadJob, LoadResult } from './load-job.ts';
import { load } from './load.ts';
import { scaledToNothing } from './payloads.ts';
import type { Target } from './target.ts';
import type { Workbench } from './workbench.ts';

/** A gated review, the 3 KB Deployment scaled to nothing, in each of the states that it goes through. */
export interface Asking {
  readonly target: string;
  /** The first review: Sallyport opens a request for it. Nobody else does anything like it. */
  readonly opened?: LoadResult;
  /** A review of what nobody has approved, again and again. */
  readonly refused: LoadResult;
  /** Each review uses an approval of its own, which Sallyport writes to the API server before it answers. */
  readonly approved: LoadResult;
}

const DISTINCT = 200;
const CPU_SECONDS = 1;
const APPROVED_TIMEOUT_MS = 120_000;
const NAMESPACE = 'prod';
/** Names that bench/opa/data.json and bench/pepr have an approval for, and one that they have none for. */
const [APPROVED, NOT_APPROVED] = ['web-1', 'web'] as const;

/** What gated reviews cost the targets that can refuse one. */
export async function ask(
  targets: readonly Target[],
  bench: Workbench,
  log: (line: string) => void,
): Promise<Asking[]> {
  const results: Asking[] = [];
  for (const target of targets) {
    if (target.name === 'node-https' || target.name === 'express') continue;
    log(`gated reviews: ${target.name}`);
    results.push(target.name === 'sallyport' ? await askSallyport(target, bench) : await askPeer(target));
  }
  return results;
}

async function askPeer(target: Target): Promise<Asking> {
  return {
    target: target.name,
    refused: await load({ ...again(target, NOT_APPROVED), allowed: false }),
    approved: await load({ ...again(target, APPROVED), allowed: true }),
  };
}

async function askSallyport(target: Target, bench: Workbench): Promise<Asking> {
  const names = Array.from({ length: DISTINCT }, (_, at) => `web-${at + 1}`);
  const once = { ...base(target, names), pace: { kind: 'Once' } } as const;
  const opened = await load({ ...once, allowed: false });
  const refused = await load({ ...again(target, names[0] ?? ''), allowed: false });
  await approveAll(bench);
  return { target: target.name, opened, refused, approved: await load({ ...once, allowed: true }) };
}

function base({ url, authority, pid }: Target, names: readonly string[]): Omit<LoadJob, 'pace' | 'allowed'> {
  return { url: url('write'), authority, pid, bodies: names.map(scaledToNothing) };
}

function again(target: Target, name: string): Omit<LoadJob, 'allowed'> {
  return { ...base(target, [name]), pace: { kind: 'Closed', warmupCpuSeconds: CPU_SECONDS, cpuSeconds: CPU_SECONDS } };
}

/** bob of group sre votes for every request, as a person does: by creating an ApprovalVote. */
async function approveAll({ plane, clock }: Workbench): Promise<void> {
  const { pki, kubeconfigs } = clusterPaths(plane.directory);
  const file = join(kubeconfigs, 'bob.yaml');
  await writeUserKubeconfig({ pki, server: plane.server }, file, 'bob', ['sre']);
  const bob = plane.clientOf(file);
  const requests = async () =>
    (await plane.admin.list<ApprovalRequest>(resourcePath({ ...REQUESTS, namespace: NAMESPACE }))).items;
  for (const request of await requests()) {
    const { namespace = '' } = request.metadata;
    await bob.create(resourcePath({ ...VOTES, namespace }), buildVote(request, 'bob', 'Approve', undefined));
  }
  await waitUntil({ what: 'every request to be approved', timeoutMs: APPROVED_TIMEOUT_MS, clock }, async () =>
    (await requests()).every((request) => stateOf(request) === 'Approved'),
  );
}
