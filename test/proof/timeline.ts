import { sealsOf } from '../builders/seals.ts';
import type { ApprovalRequest, PolicySpec } from '../../src/core/api/kinds.ts';
import { stateOf } from '../../src/core/approval/approval-state.ts';
import { isGenuine } from '../../src/core/approval/seal.ts';
import { STALE_AFTER_MS } from '../../src/core/decision/snapshot.ts';
import { FakeClock } from '../../src/ports/fake-clock.ts';
import { approvalPolicy } from '../builders/approval-policy.ts';
import { amount } from './size.ts';
import { TimelineCluster } from './timeline-cluster.ts';
import { type ProcessOptions, startProcess, type TimelineProcess } from './timeline-process.ts';

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/**
 * So many hours on end are gone through watch by watch. Of what is longer, the process sees the first and the last minute,
 * is ended in between, and another comes up: a week of watches takes minutes.
 */
const WITHOUT_A_BREAK_MS = amount('SALLYPORT_PROOF_HOURS', { short: 1, long: 8 }) * HOUR;

/** Enough for votes and expiries to be known (R1) and written. */
export const SETTLED = STALE_AFTER_MS + 2 * SECOND;

/** One cluster and one process after the other, through days of virtual time. */
export class Timeline {
  readonly clock = new FakeClock();
  readonly seals = sealsOf('a key that outlives the processes');
  readonly cluster = new TimelineCluster(this.clock, this.seals);
  process: TimelineProcess;

  readonly #options: ProcessOptions;

  constructor(spec: Partial<PolicySpec> = {}, options: ProcessOptions = {}) {
    this.#options = options;
    this.cluster.putPolicy(approvalPolicy({ wait: { connect: '0s' }, ...spec }));
    this.process = this.start();
    this.process.lead();
  }

  start(): TimelineProcess {
    return startProcess(this.cluster, this.clock, this.seals, this.#options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#made();
    await this.process.stop();
  }

  /** Alice's first attempt, which opens a request. */
  async ask(command = 'ls'): Promise<ApprovalRequest> {
    await this.pass(SETTLED);
    const answer = await this.attempt(command);
    if (answer !== 'Asked ApprovalRequired') throw new Error(`not asked: ${answer}`);
    await this.pass(SECOND);
    return this.cluster.newest();
  }

  async attempt(command = 'ls'): Promise<string> {
    const { kind, code } = await this.process.attempt(command);
    return `${kind} ${code}`;
  }

  async pass(ms: number): Promise<void> {
    await this.#made();
    if (ms <= WITHOUT_A_BREAK_MS) return await this.live(ms);
    await this.live(MINUTE);
    await this.restart(ms - 2 * MINUTE);
    await this.live(MINUTE);
  }

  /** Ends the process; nobody is there for so long; then another comes up. */
  async restart(ms: number): Promise<void> {
    await this.#made();
    await this.process.stop();
    await this.clock.advance(ms);
    this.process = this.start();
    this.process.lead();
  }

  /** Until this moment, and not a millisecond longer. */
  async until(moment: number): Promise<void> {
    await this.pass(moment - this.clock.now());
  }

  /** The request as it is stored now; undefined once it was deleted. */
  stored(request: ApprovalRequest): ApprovalRequest | undefined {
    return this.cluster.all().find(({ metadata }) => metadata.uid === request.metadata.uid);
  }

  state(request: ApprovalRequest): string {
    const stored = this.stored(request);
    return stored === undefined ? 'gone' : stateOf(stored);
  }

  /** Lets the same process live for so long. */
  async live(ms: number): Promise<void> {
    // A second first: whoever has just come up makes what is missing before more time passes.
    for (let passed = 0; passed < ms; ) {
      const step = Math.min(ms - passed, passed === 0 ? SECOND : MINUTE);
      await this.clock.advance(step);
      await this.#made();
      passed += step;
      if (passed < SETTLED) continue;
      const age = this.clock.now() - this.process.freshAt();
      if (age > STALE_AFTER_MS)
        throw new Error(`memory is ${age} ms old at ${new Date(this.clock.now()).toISOString()}`);
    }
    const forged = this.cluster.all().filter((request) => !isGenuine(request, this.seals));
    if (forged.length > 0) throw new Error(`without our seal: ${JSON.stringify(forged)}`);
  }

  /** A certificate takes real time to make, in which no other passes. */
  async #made(): Promise<void> {
    while (this.process.issuing()) {
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
    }
  }
}

export function opened({ metadata }: ApprovalRequest): number {
  return Date.parse(metadata.creationTimestamp ?? '');
}

export function endOf(request: ApprovalRequest | undefined): number {
  return Date.parse(request?.status?.endedAt ?? '');
}
