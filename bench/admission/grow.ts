import { POLICIES, REQUESTS } from '../../src/platform/kube/approvals.ts';
import { resourcePath } from '../../src/platform/kube/resource-path.ts';
import { perCpuSecond, saturate } from './measure.ts';
import { load } from './load.ts';
import { execReview, type PayloadName } from './payloads.ts';
import { furtherPolicy } from './policies.ts';
import { cpuSeconds, peakRssMiB } from './process-usage.ts';
import type { SallyportTarget } from './peers/sallyport.ts';
import type { Target } from './target.ts';
import type { Workbench } from './workbench.ts';

export const GROWTH_PAYLOADS = ['binding', 'deployment-3k'] as const satisfies readonly PayloadName[];

export interface Growth {
  readonly pending: number;
  readonly policies: number;
  readonly before: Figures;
  readonly after: Figures;
  /** CPU-seconds of Sallyport for one gated review: the request is opened and stamped, its status written. */
  readonly cpuSecondsToOpen: number;
}

export interface Figures {
  readonly perCpuSecond: Readonly<Partial<Record<PayloadName, number>>>;
  /** MiB. */
  readonly peakRss: number;
}

const SAMPLE_CPU_SECONDS = 1;
/** As the API servers keep them at most for one requester; so many requesters ask. */
const PENDING_PER_REQUESTER = 500;
/** Below this the process has caught up with its watches: share of a core. */
const IDLE = 0.1;

/** Gated reviews open Pending requests, all through the webhook; then the same ungated reviews once more. */
export async function grow(
  target: SallyportTarget,
  bench: Workbench,
  { pending, policies }: { readonly pending: number; readonly policies: number },
  log: (line: string) => void,
): Promise<Growth> {
  const before = await figures(target);
  for (let at = 0; at < policies; at += 1) await bench.plane.admin.create(resourcePath(POLICIES), furtherPolicy(at));
  await settled(target, bench);
  await target.refresh();
  log(`opening ${pending} requests`);
  const bodies = Array.from({ length: pending }, (_, at) =>
    execReview(`person-${Math.floor(at / PENDING_PER_REQUESTER)}`, `line ${at}`),
  );
  const { authority, pid } = target;
  const opened = await load({
    url: target.url('connect'),
    authority,
    pid,
    bodies,
    pace: { kind: 'Once' },
    allowed: false,
  });
  await settled(target, bench);
  const stored = await bench.plane.admin.list(resourcePath(REQUESTS), { query: { limit: 1 } });
  const count =
    stored.items.length + ((stored.metadata as { readonly remainingItemCount?: number }).remainingItemCount ?? 0);
  if (count < pending) throw new Error(`${count} requests are stored, not ${pending}`);
  const after = await figures(target);
  return { pending, policies, before, after, cpuSecondsToOpen: opened.cpuSeconds / Math.max(opened.requests, 1) };
}

async function figures(target: Target): Promise<Figures> {
  const rates: Partial<Record<PayloadName, number>> = {};
  for (const payload of GROWTH_PAYLOADS) {
    rates[payload] = perCpuSecond(await saturate(target, payload, SAMPLE_CPU_SECONDS, SAMPLE_CPU_SECONDS));
  }
  return { perCpuSecond: rates, peakRss: await peakRssMiB(target.pid) };
}

/** The controller writes the status of every request that was opened; until it has, its work would count as the webhook's. */
async function settled({ pid }: Target, { clock }: Workbench): Promise<void> {
  let before = await cpuSeconds(pid);
  for (let quiet = 0; quiet < 3; ) {
    await clock.sleep(1000);
    const now = await cpuSeconds(pid);
    quiet = now - before < IDLE ? quiet + 1 : 0;
    before = now;
  }
}
