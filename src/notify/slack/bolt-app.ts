import { App, type Receiver } from '@slack/bolt';
import type { Secret } from '../../platform/telemetry/redact.ts';
import { REASON_BLOCK, REASON_LIMIT, REASON_VIEW } from './blocks-modal.ts';
import type { BoltLogger } from './bolt-logger.ts';
import { type Interaction, parseClick, parseSubmission } from './interaction.ts';

export interface BoltAppOptions {
  readonly receiver: Receiver;
  readonly botToken: Secret<string>;
  readonly log: BoltLogger;
  /** Takes it over; bolt waits for nothing. */
  readonly take: (interaction: Interaction) => void;
}

/** Every action of ours, so that one that is no longer offered is acknowledged too. */
const OURS = /^sallyport_/;

const PROBLEMS = {
  Blank: 'Say why, in words that others can read.',
  TooLong: `Say it in at most ${REASON_LIMIT} characters.`,
} as const;

/**
 * Bolt between a receiver and the interactions. It acknowledges first, always: the work after it takes as long as it takes.
 * The workspace is not taken from what bolt is told here; the interactions pin it.
 */
export function createBoltApp({ receiver, botToken, log, take }: BoltAppOptions): App {
  const app = new App({
    receiver,
    logger: log,
    authorize: () => Promise.resolve({ botToken: botToken.reveal() }),
    ignoreSelf: false,
    convoStore: false,
  });
  app.action(OURS, async ({ ack, body }) => {
    await ack();
    const click = parseClick(body);
    if (click === undefined) log.warn('a click that nobody understands');
    else take(click);
  });
  app.view(REASON_VIEW, async ({ ack, body }) => {
    const submission = parseSubmission(body);
    if (submission === 'Blank' || submission === 'TooLong') {
      await ack({ response_action: 'errors', errors: { [REASON_BLOCK]: PROBLEMS[submission] } });
      return;
    }
    await ack();
    if (submission === undefined) log.warn('a form that nobody understands');
    else take(submission);
  });
  // Without one of ours, bolt throws it again where nobody catches it.
  app.error(async (error) => log.error(error.message));
  return app;
}
