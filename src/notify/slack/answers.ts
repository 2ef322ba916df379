import { z } from 'zod';
import type { VoteDecision } from '../../core/api/kinds.ts';
import type { ActResult } from '../../ports/acts.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Logger } from '../../platform/telemetry/logger.ts';
import { DeliveryDelayedError } from '../channel.ts';
import { escapeMrkdwn, section } from './blocks-text.ts';
import type { ShownRequest } from './button-value.ts';
import type { Place } from './place.ts';
import type { SlackApi } from './web-api.ts';

const DEEDS: Readonly<Record<VoteDecision, string>> = {
  Approve: 'approved',
  Deny: 'denied',
  Revoke: 'revoked the approval of',
  Cancel: 'withdrew',
  BreakGlass: 'broke the glass for',
  Acknowledge: 'reviewed',
};

/** What whoever pressed a button reads. */
export function answerTo(decision: VoteDecision, { namespace, name }: ShownRequest, result: ActResult): string {
  switch (result.kind) {
    case 'Cast':
      return `You ${DEEDS[decision]} ${namespace}/${name}.`;
    case 'Refused':
      return `This did not count: ${result.message}`;
    case 'Unavailable':
      return `Nobody knows whether this counted: ${result.message}. Press the button again; it counts once.`;
  }
}

const ATTEMPTS = 3;
/** Longer, and nobody remembers the click. */
const LONGEST_PAUSE_MS = 10_000;
const PAUSE_MS = 1_000;

export type Answer = (place: Place, user: string, text: string, signal: AbortSignal) => Promise<void>;

/** Answers by a message that only that user sees. Never throws: the vote is cast or refused whether they hear or not. */
export function createAnswers(api: SlackApi, clock: Clock, log: Logger): Answer {
  return async ({ channel }, user, text, signal) => {
    for (let attempt = 1; ; attempt++) {
      try {
        const blocks = [section(text)];
        const message = { channel, user, text: escapeMrkdwn(text), blocks, parse: 'none', link_names: false };
        await api.call('chat.postEphemeral', message, z.object({}), signal);
        return;
      } catch (error) {
        const pause = error instanceof DeliveryDelayedError ? (error.afterMs ?? PAUSE_MS) : undefined;
        if (signal.aborted || pause === undefined || pause > LONGEST_PAUSE_MS || attempt >= ATTEMPTS) {
          log.warn(
            { user, err: error instanceof Error ? error.message : 'unknown' },
            'a click in Slack was not answered',
          );
          return;
        }
        await clock.sleep(pause, signal).catch(() => undefined);
      }
    }
  };
}
