import { describe, expect, test } from 'vitest';
import { ENDED, expiryOf, stateOf } from '../../src/core/approval/approval-state.ts';
import { foldVotes } from '../../src/core/approval/fold-votes.ts';
import { STALE_AFTER_MS } from '../../src/core/decision/snapshot.ts';
import { sameTerms, termsOf } from '../../src/core/decision/terms.ts';
import type { Outcome } from '../../src/enforcement/outcome.ts';
import { FakeClock } from '../../src/ports/fake-clock.ts';
import { JumpingClock } from './jumping-clock.ts';
import { drawsOf } from './seeded.ts';
import { amount } from './size.ts';
import { COLLECTIONS, scheduleOf, type Step } from './watch-schedule.ts';
import { type Truth, WatchedCluster } from './watched-cluster.ts';
import { createReplica } from './watching-replica.ts';

const SCHEDULES = amount('SALLYPORT_PROOF_SCHEDULES', { short: 100, long: 10_000 });
/** The first seed. One schedule is played again with its own seed, and SALLYPORT_PROOF_SCHEDULES=1. */
const FIRST_SEED = amount('SALLYPORT_PROOF_SEED', { short: 1, long: 1 });

/** How often each thing came about: a proof about nothing proves nothing. */
type Tally = Map<string, number>;

interface Play {
  readonly clock: FakeClock;
  readonly shown: JumpingClock;
  readonly cluster: WatchedCluster;
  /** Until when (true ms) a clock that was set back may hide that memory is old: at most its limit once more. */
  hiddenUntil: number;
}

/** Plays a schedule; throws at the first wrong allow. */
async function play(seed: number, lies: boolean, tally: Tally): Promise<void> {
  const draws = drawsOf(seed);
  const steps = scheduleOf(draws, lies);
  const clock = new FakeClock();
  const shown = new JumpingClock(clock);
  const cluster = new WatchedCluster(clock);
  const replica = createReplica(cluster, shown, draws);
  const played: Play = { clock, shown, cluster, hiddenUntil: 0 };
  const end = new AbortController();
  const running = replica.run(end.signal);
  await clock.advance(0);
  try {
    for (const [index, step] of steps.entries()) {
      if (step.do !== 'attempt') {
        await perform(played, step);
        await clock.advance(0);
        continue;
      }
      const writes = cluster.writes.length;
      const outcome = await replica.attempt(step.command);
      count(tally, `${outcome.kind} ${outcome.code}`);
      const wrong = whatIsWrong(played, outcome, cluster.writes.length - writes, lies);
      if (wrong !== undefined) throw new Error(`${wrong}\n${told(seed, steps.slice(0, index + 1))}`);
    }
    await recovers(played, () => replica.freshAt(), seed);
  } finally {
    end.abort();
    await running;
  }
}

function whatIsWrong(played: Play, outcome: Outcome, writes: number, lies: boolean): string | undefined {
  if (outcome.kind !== 'Allowed') return writes === 0 ? undefined : 'it used an approval and refused';
  const { clock, cluster } = played;
  const slack = clock.now() <= played.hiddenUntil ? STALE_AFTER_MS : 0;
  const held = cluster.heldSince(clock.now() - STALE_AFTER_MS - slack);
  if (outcome.code === 'NoPolicyMatches') {
    return lies || held.some(({ gate }) => gate === undefined)
      ? undefined
      : 'let through past a policy that had held for long';
  }
  const write = cluster.writes.at(-1);
  if (outcome.code !== 'Approved' || writes !== 1 || write === undefined) return `an allow of the kind ${outcome.code}`;
  const { before, after } = write;
  if (stateOf(before) !== 'Approved' || after.state !== 'Consumed') return 'used what was not approved';
  if (played.shown.now() >= expiryOf(before.status)) return 'used after its time';
  const { status: _status, ...opened } = before;
  const known = cluster.votesOf(before).filter(({ metadata, spec }) => {
    const old = Date.parse(metadata.creationTimestamp ?? '') < clock.now() - STALE_AFTER_MS - slack - 1_000;
    return spec.decision === 'Approve' || (old && !lies);
  });
  if (stateOf({ status: foldVotes(opened, known, Number.NEGATIVE_INFINITY) }) !== 'Approved')
    return 'used what its votes do not approve';
  const enough = held.some(({ gate }) => gate === undefined || isSatisfied(gate, before));
  return lies || enough ? undefined : 'used under terms that had changed for long';
}

function isSatisfied(gate: NonNullable<Truth['gate']>, request: Parameters<typeof stateOf>[0] & object): boolean {
  const { spec } = request as { spec?: { policies?: readonly ReturnType<typeof termsOf>[] } };
  return (spec?.policies ?? []).some((terms) => sameTerms(terms, termsOf(gate)));
}

/** Whatever happened: once the cluster answers again, and what was 30 s on its way has come, the replica is in step. */
async function recovers(played: Play, freshAt: () => number, seed: number): Promise<void> {
  const { clock, shown, cluster } = played;
  for (const name of COLLECTIONS) {
    cluster.collections[name].down = false;
    cluster.collections[name].slowMs = 0;
    cluster.collections[name].catchUp();
    cluster.collections[name].dropNext = 0;
  }
  await clock.advance(60_000);
  const age = shown.now() - freshAt();
  if (age < 0 || age > STALE_AFTER_MS) throw new Error(`not in step again: ${age} ms old\n${told(seed, [])}`);
}

async function perform(played: Play, step: Step): Promise<void> {
  const { clock, shown, cluster } = played;
  switch (step.do) {
    case 'attempt':
      return;
    case 'wait':
      return await clock.advance(step.ms);
    case 'vote': {
      const request = cluster.newest(step.command);
      if (request !== undefined && !ENDED.has(stateOf(request))) cluster.vote(request, step.decision, step.by);
      return;
    }
    case 'approve': {
      const request = cluster.newest(step.command);
      if (request === undefined || ENDED.has(stateOf(request))) return;
      for (const by of ['bob', 'carol']) cluster.vote(request, 'Approve', by);
      return cluster.reconcile();
    }
    case 'policy':
      return cluster.setPolicy(step.terms);
    case 'label':
      return cluster.setLabel(step.env);
    case 'controller':
      return cluster.reconcile();
    case 'jump':
      shown.offset += step.ms;
      if (step.ms < 0) played.hiddenUntil = clock.now() + 2 * STALE_AFTER_MS;
      return;
    default:
      return trouble(cluster, step);
  }
}

function trouble(cluster: WatchedCluster, step: Extract<Step, { readonly of: unknown }>): void {
  const collection = cluster.collections[step.of];
  switch (step.do) {
    case 'stall':
      return collection.stall(step.ms);
    case 'slow':
      collection.slowMs = step.ms;
      return;
    case 'repeat':
      return collection.repeat(step.count);
    case 'compact':
      return collection.store.compact();
    case 'garbage':
      return collection.raw('}{');
    case 'cut-off':
      return collection.raw('{"type":"MODIFIED","object":{"metadata":{"na');
    case 'down':
      collection.down = true;
      return collection.reset();
    case 'up':
      for (const name of COLLECTIONS) cluster.collections[name].down = false;
      return;
    case 'drop':
      collection.dropNext = 1;
      return;
    case 'swap':
      return collection.swapped(
        () => collection.rewrite(0),
        () => collection.rewrite(1),
      );
    case 'end':
    case 'reset':
    case 'blackHole':
    case 'elsewhere':
    case 'fallBehind':
    case 'catchUp':
      return collection[step.do]();
  }
}

function told(seed: number, steps: readonly Step[]): string {
  return [
    `seed ${seed}; again: SALLYPORT_PROOF_SEED=${seed} SALLYPORT_PROOF_SCHEDULES=1 npx vitest run --project unit test/proof/watch-faults.test.ts`,
    ...steps.map((step) => `  ${JSON.stringify(step)}`),
  ].join('\n');
}

function count(tally: Tally, what: string): void {
  tally.set(what, (tally.get(what) ?? 0) + 1);
}

describe.each([
  ['an API server that keeps its word, over a network that does not', false],
  ['an API server that withholds and reorders: no approval is used that is not one', true],
])('%s', (name, lies) => {
  test(`[R1 R2] no wrong allow in ${SCHEDULES} schedules`, { timeout: 7_200_000 }, async () => {
    const tally: Tally = new Map();
    for (let seed = FIRST_SEED; seed < FIRST_SEED + SCHEDULES; seed += 1) await play(seed, lies, tally);
    console.info(name, Object.fromEntries([...tally].sort(([a], [b]) => (a < b ? -1 : 1))));
    if (SCHEDULES < 100) return;
    for (const met of ['Allowed Approved', 'Allowed NoPolicyMatches', 'Denied NotReady', 'Asked ApprovalRequired'])
      expect(tally.get(met) ?? 0, met).toBeGreaterThan(SCHEDULES / 20);
  });
});
