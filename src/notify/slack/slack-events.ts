import { businessEvent, emit } from '../../platform/telemetry/event.ts';
import type { Logger } from '../../platform/telemetry/logger.ts';
import type { Metrics } from '../../platform/telemetry/metrics.ts';

/** `NotTaken`: by somebody who is nobody here, of a request that is gone, or in another place than it was shown. */
const RESULTS = ['Cast', 'Refused', 'Unavailable', 'NotTaken', 'Failed', 'Dropped'] as const;
export type InteractionResult = (typeof RESULTS)[number];

export interface InteractionFacts {
  readonly user: string;
  readonly team: string;
  /** `prod/exec-web-0`. */
  readonly request?: string;
  readonly decision?: string;
  readonly problem?: string;
}

/** What operators see of clicks in Slack. */
export interface SlackEvents {
  clicked(result: InteractionResult, facts: InteractionFacts): void;
  /** Whether Slack refuses the bot token, and why. */
  token(refused: boolean, problem?: string): void;
}

export function createSlackEvents(log: Logger, metrics: Metrics): SlackEvents {
  const counters = {
    clicks: metrics.counter({
      name: 'slack_clicks_total',
      help: 'Buttons and forms in Slack that should become a vote, by what became of them.',
      labels: { result: RESULTS },
    }),
  };
  const refusedNow = metrics.gauge({
    name: 'slack_token_refused',
    help: '1 while Slack refuses the bot token.',
    labels: {},
  });
  return {
    token: (refused, problem) => {
      refusedNow.set({}, refused ? 1 : 0);
      if (refused) log.error({ err: problem }, 'Slack refuses the bot token of notify.slack.botTokenFile');
      else log.info({}, 'Slack takes the bot token');
    },
    clicked: (result, facts) =>
      emit(
        businessEvent({
          level: result === 'Failed' || result === 'Dropped' ? 'warn' : 'info',
          message: 'somebody acted in Slack',
          fields: { ...facts, result },
          counter: (all: typeof counters) => all.clicks,
          labels: { result },
        }),
        { log, metrics: counters },
      ),
  };
}
