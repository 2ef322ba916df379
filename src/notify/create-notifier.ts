import type { ApprovalPolicy, ApprovalRequest } from '../core/api/kinds.ts';
import { ENDED, stateOf } from '../core/approval/approval-state.ts';
import { buildNotice, requestLink } from '../core/notice/build-notice.ts';
import type { Surroundings } from '../core/notice/surroundings.ts';
import type { PeopleSource } from '../ports/people.ts';
import type { Watched } from '../ports/watched.ts';
import { approverAddresses } from './approver-addresses.ts';
import { APPROVERS, type Destination } from './destination.ts';
import { createOutbox } from './outbox.ts';
import type { OutboxPorts, OutboxSettings } from './outbox-ports.ts';
import { type PlanSettings, planOf } from './plan.ts';
import { slackIdsOfRequester } from './requester-slack-ids.ts';

export interface NotifierOptions extends OutboxSettings, Pick<PlanSettings, 'reminderShare' | 'requesters'> {
  /** Where people reach the console; without it messages have no link. */
  readonly consoleUrl?: string;
}

export interface NotifierPorts
  extends Pick<OutboxPorts, 'store' | 'stillLeading' | 'isGenuine' | 'channels' | 'clock' | 'random' | 'events'> {
  readonly requests: Watched<ApprovalRequest>;
  readonly policies: Watched<ApprovalPolicy>;
  readonly people: PeopleSource;
  readonly surroundingsOf: (request: ApprovalRequest) => Surroundings;
}

/** Everything is looked at again this often: what was dropped, given up, or read from an older memory. */
const RESYNC_MS = 15_000;

/** Reminders of many requests come together. */
const SHORTEST_WAIT_MS = 250;

/** Tells people of requests until the signal. One process does, whoever leads. */
export function createNotifier(options: NotifierOptions, ports: NotifierPorts): (signal: AbortSignal) => Promise<void> {
  const { requests, policies, clock } = ports;
  const planSettings: PlanSettings = { ...options, forgottenMs: options.attemptsMs };
  const outbox = createOutbox(
    {
      ...ports,
      plan: (request) => {
        // Whoever is nobody in Slack, such as a workload, misses nothing there.
        const requesters = planSettings.requesters && slackIdsOfRequester(request, ports.people.now()).length > 0;
        return planOf(request, (name) => policies.get(name), { ...planSettings, requesters }, clock.now());
      },
      noticeOf: (request) =>
        buildNotice(request, { ...linkOf(request, options), surroundings: ports.surroundingsOf(request) }),
      resolve: (destination, request) => resolve(destination, request, ports.people),
    },
    options,
  );

  return async (signal) => {
    const generations = new Map(policies.list().map((policy) => [policy.metadata.name, generationOf(policy)]));
    const stops = [
      requests.onChange((_, request) => {
        if (request !== undefined) outbox.offer(request);
      }),
      policies.onChange((name, policy) => {
        const generation = policy === undefined ? undefined : generationOf(policy);
        // Its status changes too, and says nothing of destinations.
        if (generations.get(name) === generation) return;
        if (generation === undefined) generations.delete(name);
        else generations.set(name, generation);
        outbox.forgetRefusals();
        offerAll();
      }),
    ];
    const running = outbox.run(signal);
    while (!signal.aborted) {
      const nextAt = offerAll();
      const waitMs = Math.min(Math.max(nextAt - clock.now(), SHORTEST_WAIT_MS), RESYNC_MS);
      await clock.sleep(waitMs, signal).catch(ignoreAbort);
    }
    for (const stop of stops) stop();
    await running;
  };

  /** @returns when the first of them is to be offered again */
  function offerAll(): number {
    const now = clock.now();
    let first = Number.POSITIVE_INFINITY;
    for (const request of requests.list()) {
      if (isOver(request, now)) continue;
      first = Math.min(first, outbox.offer(request) ?? Number.POSITIVE_INFINITY);
    }
    return first;
  }

  /** Nobody hears of it any more: it ended so long ago that whoever could not be told was given up. */
  function isOver(request: ApprovalRequest, now: number): boolean {
    if (!ENDED.has(stateOf(request))) return false;
    const acknowledgedAt = request.status?.conditions?.find(({ type }) => type === 'Acknowledged')?.lastTransitionTime;
    const last = Math.max(Date.parse(request.status?.endedAt ?? '') || 0, Date.parse(acknowledgedAt ?? '') || 0);
    return now - last > options.attemptsMs * 2 + RESYNC_MS;
  }
}

function generationOf({ metadata }: ApprovalPolicy): string {
  return `${metadata.uid ?? ''} ${metadata.generation ?? 0}`;
}

function linkOf(request: ApprovalRequest, { consoleUrl }: NotifierOptions): { readonly link?: string } {
  return consoleUrl === undefined ? {} : { link: requestLink(consoleUrl, request) };
}

function resolve(destination: Destination, request: ApprovalRequest, people: PeopleSource) {
  if (destination.kind !== 'Email' || destination.name !== APPROVERS) return { to: destination.name };
  const known = people.now();
  const addresses = known === undefined ? [] : approverAddresses(request, known);
  return addresses.length === 0
    ? { problem: 'the people map has no address of an approver' }
    : { to: addresses.join(',') };
}

function ignoreAbort(): void {}
