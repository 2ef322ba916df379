import { NO_SURROUNDINGS } from '../../src/core/notice/surroundings.ts';
import { createMetrics } from '../../src/platform/telemetry/metrics.ts';
import type { ApprovalPolicy, ApprovalRequest, PolicySpec, RequestStatus } from '../../src/core/api/kinds.ts';
import { timestamp } from '../../src/core/approval/approval-state.ts';
import { createPeople, NOBODY_MAPPED } from '../../src/core/people/people.ts';
import { createNotifier, type NotifierOptions } from '../../src/notify/create-notifier.ts';
import type { Channel } from '../../src/notify/channel.ts';
import { createNotifyEvents } from '../../src/notify/notify-events.ts';
import { silentLogger } from '../../src/platform/telemetry/logger.ts';
import type { Approvals } from '../../src/ports/approvals.ts';
import { FakeApprovals } from '../../src/ports/fake-approvals.ts';
import { FakeClock } from '../../src/ports/fake-clock.ts';
import { approvalPolicy, policyTerms } from './approval-policy.ts';
import { approvalRequest } from './approval-request.ts';
import { FakeWatched } from './fake-watched.ts';
import { TRUSTING } from './seals.ts';

const OPTIONS: NotifierOptions = {
  attemptsMs: 3_600_000,
  queued: 10_000,
  graceMs: 1_000,
  reminderShare: 1,
  requesters: false,
  consoleUrl: 'https://console.example.com',
};

/** Between a call and its effect, or behind it: what may come in between, such as the end of the process. */
export type Step = (when: 'before' | 'after', what: string) => Promise<void>;

/** The channel in Slack that worldTelling() tells. */
export const PROD_ACCESS = '#prod-access';

/** A cluster with requests, and people who are told of them. */
export class NotifyWorld {
  readonly clock = new FakeClock();
  readonly approvals = new FakeApprovals(this.clock);
  readonly requests = new FakeWatched<ApprovalRequest>();
  readonly policies = new FakeWatched<ApprovalPolicy>();
  readonly people = createPeople(NOBODY_MAPPED);
  /** Of every process of it. */
  stillLeading = true;

  policy(spec: Partial<PolicySpec>): ApprovalPolicy {
    const { name, uid, generation } = policyTerms();
    const policy = { ...approvalPolicy(spec), metadata: { name, uid, generation } };
    this.policies.put(policy);
    return policy;
  }

  /** Asked now, and known to those who watch. */
  ask(name: string, status: Partial<RequestStatus> = {}): ApprovalRequest {
    const { metadata, ...rest } = approvalRequest();
    const now = timestamp(this.clock.now());
    return this.#stored({
      ...rest,
      metadata: { ...metadata, name, uid: `uid-of-${name}`, creationTimestamp: now },
      status: {
        state: 'Pending',
        expiresAt: timestamp(this.clock.now() + 3_600_000),
        stages: policyTerms().terms.stages.map((stage, index) => ({
          policy: policyTerms().name,
          name: stage.name,
          approved: 0,
          required: stage.required,
          ...(index === 0 ? { openedAt: now } : {}),
        })),
        ...status,
      },
    });
  }

  /** As the controller, or an enforcement point, writes it. */
  change(name: string, change: (status: RequestStatus) => RequestStatus): ApprovalRequest {
    const stored = this.stored(name);
    return this.#stored({ ...stored, status: change(stored.status ?? {}) });
  }

  /** As its requester gives one: the one change of a spec. */
  giveReason(name: string, reason: string): ApprovalRequest {
    const { metadata, spec, ...rest } = this.stored(name);
    return this.#stored({ ...rest, metadata: { ...metadata, generation: 2 }, spec: { ...spec, reason } });
  }

  stored(name: string): ApprovalRequest {
    const found = this.approvals.all().find(({ metadata }) => metadata.name === name);
    if (found === undefined) throw new Error(`there is no request ${name}`);
    return found;
  }

  /** Of the destination that was noted first. */
  entry(name: string) {
    return this.stored(name).status?.notifications?.[0];
  }

  notified(name: string) {
    return this.stored(name).status?.conditions?.find(({ type }) => type === 'Notified');
  }

  /** What was done just now has its consequences first, and then time passes. */
  async advance(ms: number): Promise<void> {
    await this.clock.advance(0);
    await this.clock.advance(ms);
  }

  /** A process that tells; the answer ends it. */
  start(channels: readonly Channel[], options: Partial<NotifierOptions> = {}, step: Step = () => Promise.resolve()) {
    const stop = new AbortController();
    const store: Pick<Approvals, 'get' | 'writeStatus'> = {
      get: async (namespace, name, signal) => {
        await step('before', 'get');
        return await this.approvals.get(namespace, name, signal);
      },
      writeStatus: async (request, status, signal) => {
        await step('before', 'write');
        const written = await this.approvals.writeStatus(request, status, signal);
        this.requests.put(written);
        await step('after', 'write');
        return written;
      },
    };
    const run = createNotifier(
      { ...OPTIONS, ...options },
      {
        store,
        stillLeading: () => this.stillLeading,
        isGenuine: () => true,
        channels: channels.map((channel) => stepping(channel, step)),
        clock: this.clock,
        random: () => 0.5,
        events: createNotifyEvents(silentLogger, createMetrics({ processMetrics: false })),
        requests: this.requests,
        policies: this.policies,
        people: { now: () => this.people },
        surroundingsOf: () => NO_SURROUNDINGS,
      },
    );
    const ended = run(stop.signal);
    return { kill: () => stop.abort(), ended };
  }

  #stored(request: ApprovalRequest): ApprovalRequest {
    const stored = this.approvals.put({
      ...request,
      spec: { ...request.spec, seal: TRUSTING.request('', request.spec) },
    });
    this.requests.put(stored);
    return stored;
  }
}

/** A world whose policy names a destination of each of these kinds. */
export function worldTelling(kinds: readonly ('Slack' | 'Webhook')[] = ['Slack']): NotifyWorld {
  const world = new NotifyWorld();
  world.policy({ notify: kinds.map((kind) => ({ kind, channel: kind === 'Slack' ? PROD_ACCESS : 'ops' })) });
  return world;
}

function stepping(channel: Channel, step: Step): Channel {
  return {
    kind: channel.kind,
    updates: channel.updates,
    intervalMs: channel.intervalMs,
    ...(channel.destinations === undefined ? {} : { destinations: channel.destinations }),
    deliver: async (delivery, signal) => {
      await step('before', 'deliver');
      const delivered = await channel.deliver(delivery, signal);
      await step('after', 'deliver');
      return delivered;
    },
  };
}
