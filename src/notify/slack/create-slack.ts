import type { ApprovalRequest } from '../../core/api/kinds.ts';
import type { Surroundings } from '../../core/notice/surroundings.ts';
import { untilAborted } from '../../platform/clock/until-aborted.ts';
import { untilListening } from '../../platform/http/until-listening.ts';
import type { Logger } from '../../platform/telemetry/logger.ts';
import type { Secret } from '../../platform/telemetry/redact.ts';
import type { Metrics } from '../../platform/telemetry/metrics.ts';
import type { Acts } from '../../ports/acts.ts';
import type { Clock } from '../../ports/clock.ts';
import type { PeopleSource } from '../../ports/people.ts';
import type { Channel } from '../channel.ts';
import { createBoltApp } from './bolt-app.ts';
import { boltLogger } from './bolt-logger.ts';
import { createSlackChannel } from './channel.ts';
import { createHttpReceiver } from './http-receiver.ts';
import type { Interaction } from './interaction.ts';
import { createInteractions } from './interactions.ts';
import { createSlackEvents } from './slack-events.ts';
import { createSocketMode } from './socket-mode.ts';
import { checkToken } from './token-check.ts';
import { createSlackApi } from './web-api.ts';

export interface SlackOptions {
  readonly botToken: Secret<string>;
  /** Socket: we connect to Slack. Http: Slack calls us. */
  readonly mode:
    | { readonly kind: 'Socket'; readonly appToken: Secret<string> }
    | { readonly kind: 'Http'; readonly signingSecret: Secret<string>; readonly host: string; readonly port: number };
  readonly teams: readonly string[];
  readonly apiUrl: string;
  readonly intervalMs: number;
}

export interface SlackPorts {
  readonly acts: Acts;
  readonly people: PeopleSource;
  readonly requestOf: (namespace: string, name: string) => ApprovalRequest | undefined;
  readonly linkOf: (request: ApprovalRequest) => string | undefined;
  readonly surroundingsOf: (request: ApprovalRequest) => Surroundings;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** 0 to 1. */
  readonly random: () => number;
}

export interface Slack {
  /** Tells; for the leader. */
  readonly channel: Channel;
  /** Takes answers; every replica does. */
  readonly listener: {
    ready(): boolean;
    /** Runs until the signal, whatever becomes of Slack. An address that is taken is waited for. */
    run(signal: AbortSignal): Promise<void>;
  };
}

/** Longest time for one call of Slack's API. */
const CALL_MS = 10_000;
/** For clicks that were acknowledged, at the end of the process. */
const FINISH_MS = 3_000;

export function createSlack(options: SlackOptions, ports: SlackPorts): Slack {
  const { botToken, mode, teams, apiUrl, intervalMs } = options;
  const { acts, people, requestOf, linkOf, surroundingsOf, clock, log, random, metrics } = ports;
  const events = createSlackEvents(log, metrics);
  const boltLog = boltLogger(log);
  const api = createSlackApi({ token: botToken, apiUrl, timeoutMs: CALL_MS, log: boltLog });
  const interactions = createInteractions({ api, acts, requestOf, linkOf, surroundingsOf, teams, clock, log, events });
  const channel = createSlackChannel({ api, people, teams, intervalMs });

  const stop = new AbortController();
  const working = new Set<Promise<void>>();
  const take = (interaction: Interaction): void => {
    const work = interactions.handle(interaction, stop.signal).finally(() => working.delete(work));
    working.add(work);
  };

  const listener = listenerOf();
  return {
    channel,
    listener: {
      ready: () => listener.ready(),
      run: async (signal) => {
        try {
          const either = AbortSignal.any([signal, stop.signal]);
          await Promise.all([listener.run(signal), checkToken({ api, clock, log, events }, either)]);
        } finally {
          // What was acknowledged is finished, as far as there is time for it.
          await Promise.race([Promise.all(working), clock.sleep(FINISH_MS, stop.signal).catch(() => undefined)]);
          stop.abort();
        }
      },
    },
  };

  function listenerOf(): Slack['listener'] {
    if (mode.kind === 'Socket')
      return createSocketMode({
        appToken: mode.appToken,
        apiUrl,
        timeoutMs: CALL_MS,
        clock,
        log,
        boltLog,
        random,
        attach: (receiver) => void createBoltApp({ receiver, botToken, log: boltLog, take }),
      });
    const { host, port, signingSecret } = mode;
    const receiver = createHttpReceiver({ host, port, signingSecret, clock, log });
    createBoltApp({ receiver, botToken, log: boltLog, take });
    return {
      ready: receiver.ready,
      run: async (signal) => {
        const what = 'the receiver of what Slack sends';
        const address = await untilListening(receiver, { host, port, what, random }, { clock, log }, signal);
        if (address !== undefined) log.info(address, 'listening for Slack');
        await untilAborted(signal);
        await receiver.stop();
      },
    };
  }
}
