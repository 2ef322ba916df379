import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { isGenuine } from '../../core/approval/seal.ts';
import { sealedStatus } from '../../enforcement/sealed-status.ts';
import type { Channel } from '../../notify/channel.ts';
import { createNotifier } from '../../notify/create-notifier.ts';
import { createNotifyEvents } from '../../notify/notify-events.ts';
import { createApprovals } from '../../platform/kube/approvals.ts';
import { DEFAULT_LEASE_TIMING, runLeaderElection } from '../../platform/kube/lease.ts';
import type { Process, Role } from '../process.ts';
import { untilSynced } from '../until-synced.ts';
import { leaderGauge, whetherLeading } from '../whether-leading.ts';
import { tellingChannels } from './notify-channels.ts';
import { slackWhenReady } from './slack-when-ready.ts';

/**
 * Tells people of requests, by one leader, and takes their answers where the channel has buttons, on every replica. It is
 * ready in any case: nobody's approval waits for a message.
 */
export function notifyRole(process: Process): Role {
  const slack = slackWhenReady(process);
  return {
    name: 'notify',
    ready: () => true,
    run: async (signal) => {
      const channels = [...(slack === undefined ? [] : [slack.channel]), ...tellingChannels(process)];
      await Promise.all([lead(process, channels, signal), slack?.run(signal)]);
    },
  };
}

async function lead(process: Process, channels: readonly Channel[], signal: AbortSignal): Promise<void> {
  const { config, client, clock, log, view, seals } = process;
  const leader = leaderGauge(process.metrics, 'notify');
  await untilSynced(process, signal);
  const leaseMs = config.controller.leaseSeconds * 1000;
  const renewMs = (leaseMs * 2) / 3;
  const approvals = createApprovals(client);
  const events = createNotifyEvents(log, process.metrics);
  const { attemptsSeconds, queued, reminders, slack } = config.notify;
  await runLeaderElection({
    client,
    clock,
    random: Math.random,
    identity: `${hostname()}-${randomUUID()}`,
    namespace: config.systemNamespace,
    name: config.notify.leaseName,
    // A notifier remembers what it knows of its own deliveries alone: each term has a new one.
    onStarted: whetherLeading(
      leader,
      async (term, stillLeading) =>
        await createNotifier(
          {
            attemptsMs: attemptsSeconds * 1000,
            queued,
            // Another may lead once the lease is over.
            graceMs: Math.min(3_000, (leaseMs - renewMs) / 2),
            reminderShare: reminders.afterShare,
            requesters: slack?.directMessages === true,
            ...(config.console === undefined ? {} : { consoleUrl: config.console.url }),
          },
          {
            requests: view.requests,
            policies: view.policies,
            people: process.people,
            surroundingsOf: process.surroundingsOf,
            store: { get: (...call) => approvals.get(...call), writeStatus: sealedStatus(approvals, seals) },
            stillLeading,
            isGenuine: (request) => isGenuine(request, seals),
            channels,
            clock,
            random: Math.random,
            events,
          },
        )(term),
    ),
    signal,
    log,
    timing: { leaseMs, renewMs, retryMs: Math.min(DEFAULT_LEASE_TIMING.retryMs, leaseMs / 5) },
  });
}
