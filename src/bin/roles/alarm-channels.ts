import { type Announcer, DeliveryDelayedError, DeliveryRefusedError } from '../../notify/channel.ts';
import { createSlackAnnouncer } from '../../notify/slack/announcer.ts';
import { boltLogger } from '../../notify/slack/bolt-logger.ts';
import { createSlackApi } from '../../notify/slack/web-api.ts';
import { unreadable } from '../../notify/unreadable.ts';
import type { Config } from '../../platform/config/schema.ts';
import type { AlarmChannel, AlarmOutcome } from '../../ports/alarm-channel.ts';
import type { Process } from '../process.ts';
import { tellingChannels } from './notify-channels.ts';
import { readSecretFile } from './secret-file.ts';

type Destination = NonNullable<Config['audit']>['detectors']['notify'][number];

/** Longest time for one call of Slack's API. */
const CALL_MS = 10_000;

/**
 * Where alarms are told, by name. The process with the ledger tells them by itself: it needs of Slack the token that posts,
 * read at each message, and nothing that takes answers.
 */
export function alarmChannels(
  destinations: readonly Destination[],
  process: Pick<Process, 'config' | 'clock' | 'log'>,
): ReadonlyMap<string, AlarmChannel> {
  const announcers: readonly Announcer[] = [...slackAnnouncers(process), ...tellingChannels(process)];
  return new Map(
    destinations.flatMap(({ kind, channel }) => {
      const announcer = announcers.find((each) => each.kind === kind);
      return announcer === undefined ? [] : [[`${kind} ${channel}`, channelOf(announcer, channel, process)] as const];
    }),
  );
}

function channelOf(announcer: Announcer, destination: string, { log }: Pick<Process, 'log'>): AlarmChannel {
  return {
    tell: async (message, signal): Promise<AlarmOutcome> => {
      try {
        await announcer.announce({ destination, ...message }, signal);
        return { type: 'Told' };
      } catch (error) {
        if (signal.aborted) throw error;
        if (error instanceof DeliveryRefusedError) return { type: 'Refused', why: error.message };
        if (error instanceof DeliveryDelayedError) {
          const { afterMs } = error;
          return { type: 'Delayed', why: error.message, ...(afterMs === undefined ? {} : { afterMs }) };
        }
        log.error({ err: error, destination }, 'an error of Sallyport itself, while telling of an alarm');
        return { type: 'Delayed', why: 'an error of Sallyport itself' };
      }
    },
  };
}

function slackAnnouncers({ config, log }: Pick<Process, 'config' | 'log'>): Announcer[] {
  const { slack } = config.notify;
  if (slack === undefined) return [];
  const { botTokenFile, apiUrl } = slack;
  return [
    {
      kind: 'Slack',
      announce: async (announcement, signal) => {
        const token = await readSecretFile(botTokenFile).catch((error: unknown) => {
          throw unreadable('the bot token of Slack', error);
        });
        const api = createSlackApi({ token, apiUrl, timeoutMs: CALL_MS, log: boltLogger(log) });
        await createSlackAnnouncer(api).announce(announcement, signal);
      },
    },
  ];
}
