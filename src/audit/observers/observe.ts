import { type Backoff, backoffMs } from '../../core/api/backoff.ts';
import type { ApprovalPolicy, ApprovalRequest, ApprovalVote } from '../../core/api/kinds.ts';
import type { Seals } from '../../core/approval/seal.ts';
import type { Clock } from '../../ports/clock.ts';
import { type Ledger, LedgerError } from '../../ports/ledger.ts';
import { createBell } from '../../platform/clock/bell.ts';
import type { Watched } from '../../ports/watched.ts';
import {
  type Happening,
  happeningsOfPolicy,
  happeningsOfRequest,
  happeningsOfVote,
  policyRemoved,
} from './happenings-of.ts';
import type { Observed, Seen } from './observed.ts';
import type { ObserverEvents } from './observer-events.ts';

export interface ObserverPorts {
  readonly requests: Watched<ApprovalRequest>;
  readonly votes: Watched<ApprovalVote>;
  readonly policies: Watched<ApprovalPolicy>;
  readonly seals: Pick<Seals, 'isRequest' | 'isVote' | 'isStatus'>;
  readonly ledger: Pick<Ledger, 'append'>;
  readonly observed: Observed;
  readonly clock: Clock;
  readonly random: () => number;
  readonly events: ObserverEvents;
}

export interface ObserverLimits {
  /** While the ledger is away only so much waits in memory; the rest is found again in what stands. */
  readonly waiting: number;
  /** Submitted at once. */
  readonly batch: number;
}

export const OBSERVER_LIMITS: ObserverLimits = { waiting: 10_000, batch: 200 };

const RETRY: Backoff = { baseMs: 250, capMs: 10_000 };
/** Everything is looked at again this often, and what is gone is forgotten. */
const RESCAN_MS = 600_000;
/** Checking a seal takes a tenth of a millisecond: others get their turn after so many. */
const TURN = 100;

interface Waiting {
  readonly seen: Seen;
  readonly happening: Happening;
}

/**
 * Puts what happens to requests, votes and policies into the ledger, each thing once, until the signal. Starts with all that
 * stands, and goes through it piece by piece; nothing is given up while the ledger refuses. Never rejects but for the signal.
 *
 * @param ports the collections are in step with the cluster
 */
export async function observe(ports: ObserverPorts, limits: ObserverLimits, signal: AbortSignal): Promise<void> {
  const { requests, votes, policies, seals, ledger, observed, clock, random, events } = ports;
  const waiting = new Map<string, Waiting>();
  const standing = new Map<string, { readonly uid: string; readonly generation: number }>();
  let overflowed = false;
  const offered = createBell();

  const offer = (uid: string, happenings: readonly Happening[], policy?: string): void => {
    for (const happening of happenings) {
      const { id } = happening.submission;
      if (waiting.has(id) || observed.has(uid, happening.tail)) continue;
      if (waiting.size >= limits.waiting) {
        overflowed = true;
        return;
      }
      waiting.set(id, { seen: { uid, tail: happening.tail, ...(policy === undefined ? {} : { policy }) }, happening });
    }
    if (waiting.size > 0) offered.ring();
  };
  const offerRequest = (request: ApprovalRequest) =>
    offer(request.metadata.uid ?? '', happeningsOfRequest(request, seals));
  const offerVote = (vote: ApprovalVote) => offer(vote.metadata.uid ?? '', happeningsOfVote(vote, seals));
  const removed = (name: string, uid: string, generation: number) =>
    offer(uid, [policyRemoved(uid, name, generation)], name);
  const offerPolicy = (name: string, policy: ApprovalPolicy | undefined) => {
    const before = standing.get(name);
    const { uid = '', generation = 1 } = policy?.metadata ?? {};
    if (before !== undefined && before.uid !== uid) removed(name, before.uid, before.generation);
    standing.delete(name);
    if (policy === undefined) return;
    standing.set(name, { uid, generation });
    offer(uid, happeningsOfPolicy(policy), name);
  };

  /** Everything that stands, and policies that went away unseen. */
  async function scan(): Promise<void> {
    for (const policy of policies.list()) offerPolicy(policy.metadata.name, policy);
    const uids = new Set(policies.list().map(({ metadata }) => metadata.uid ?? ''));
    for (const [uid, { name, generation }] of observed.policies()) {
      if (!uids.has(uid)) removed(name, uid, generation);
      // It is forgotten once its removal is told.
      uids.add(uid);
    }
    let looked = 0;
    const turn = async () => {
      looked += 1;
      if (looked % TURN === 0) await new Promise(setImmediate);
    };
    for (const request of requests.list()) {
      uids.add(request.metadata.uid ?? '');
      offerRequest(request);
      await turn();
    }
    for (const vote of votes.list()) {
      uids.add(vote.metadata.uid ?? '');
      offerVote(vote);
      await turn();
    }
    for (const { seen } of waiting.values()) uids.add(seen.uid);
    await observed.keepOnly(uids).catch(() => undefined);
  }

  async function append(batch: readonly Waiting[]): Promise<void> {
    try {
      await ledger.append(batch.map(({ happening }) => happening.submission));
    } catch (error) {
      if (!(error instanceof LedgerError) || error.code !== 'Rejected') throw error;
      const [one] = batch;
      if (batch.length > 1 || one === undefined) {
        for (const each of batch) await append([each]);
        return;
      }
      events.refused(one.happening.submission.id, error);
    }
    for (const { happening } of batch) {
      waiting.delete(happening.submission.id);
      events.kept(happening.submission.kind, 'unsealed' in happening.submission.data);
    }
    // Told twice at worst, after the next start.
    await observed.add(batch.map(({ seen }) => seen)).catch((error: unknown) => events.failed(error));
  }

  const stops = [
    requests.onChange((_key, request) => {
      if (request !== undefined) offerRequest(request);
    }),
    votes.onChange((_key, vote) => {
      if (vote !== undefined) offerVote(vote);
    }),
    policies.onChange(offerPolicy),
  ];
  let failures = 0;
  let failedAt: number | undefined;
  let scanAt = clock.now();
  while (!signal.aborted) {
    if (waiting.size === 0 && (overflowed || clock.now() >= scanAt)) {
      overflowed = false;
      scanAt = clock.now() + RESCAN_MS;
      await scan();
    }
    events.waiting(waiting.size);
    if (waiting.size === 0) {
      if (!overflowed) await offered.wait(clock, scanAt - clock.now(), signal);
      continue;
    }
    try {
      await append([...waiting.values()].slice(0, limits.batch));
      if (failedAt !== undefined) events.recovered((clock.now() - failedAt) / 1000);
      failures = 0;
      failedAt = undefined;
    } catch (error) {
      failures += 1;
      if (failedAt === undefined) events.failed(error);
      failedAt ??= clock.now();
      await clock.sleep(backoffMs(RETRY, failures, random), signal).catch(() => undefined);
    }
  }
  for (const stop of stops) stop();
}
