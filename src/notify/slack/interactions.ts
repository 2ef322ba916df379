import { z } from 'zod';
import type { ApprovalRequest, VoteDecision } from '../../core/api/kinds.ts';
import { buildNotice, type NoticeOptions } from '../../core/notice/build-notice.ts';
import type { Logger } from '../../platform/telemetry/logger.ts';
import type { Surroundings } from '../../core/notice/surroundings.ts';
import type { Acts } from '../../ports/acts.ts';
import type { Clock } from '../../ports/clock.ts';
import { type Answer, answerTo, createAnswers } from './answers.ts';
import { ACTIONS } from './blocks-actions.ts';
import { DETAILS_CONTENT, DETAILS_LINES, detailsView, reasonView } from './blocks-modal.ts';
import { buttonValue } from './button-value.ts';
import { createDirectory, type Directory } from './directory.ts';
import { type Click, type Clicker, formMetadata, type Interaction, type Shown } from './interaction.ts';
import { formatPlace } from './place.ts';
import { createPlaces } from './places.ts';
import { createSeen } from './seen.ts';
import type { SlackEvents } from './slack-events.ts';
import { slackGroupHandles } from './slack-group-handles.ts';
import type { SlackApi } from './web-api.ts';

export interface InteractionsOptions {
  readonly api: SlackApi;
  readonly acts: Acts;
  readonly requestOf: (namespace: string, name: string) => ApprovalRequest | undefined;
  /** Of a request in the console, where there is one. */
  readonly linkOf: (request: ApprovalRequest) => string | undefined;
  readonly surroundingsOf: (request: ApprovalRequest) => Surroundings;
  readonly teams: readonly string[];
  readonly clock: Clock;
  readonly log: Logger;
  readonly events: SlackEvents;
}

export interface Interactions {
  /** Does what was asked for, once, and answers whoever asked. Never throws. Slack was acknowledged before. */
  handle(interaction: Interaction, signal: AbortSignal): Promise<void>;
}

/** Ten times as long as Slack tries an event again. */
const SEEN_MS = 10 * 60_000;
const MOST_SEEN = 20_000;
/** A trigger opens a form within 3 s of the click. */
const BEFORE_FORM_MS = 2_000;
const CAST_MS = 10_000;
/** The status that says where a message stands is written after the message: a quick click is ahead of it. */
const RECORDED_MS = 3_000;
const RECORDED_STEP_MS = 250;

/** At most so many at once; more is somebody pressing for fun, or an attack. */
const MOST_AT_ONCE = 64;
/** Of one user, so that nobody keeps the others from voting. */
const MOST_EACH = 8;

const FORMS: Readonly<Record<string, VoteDecision>> = {
  [ACTIONS.deny]: 'Deny',
  [ACTIONS.revoke]: 'Revoke',
  [ACTIONS.breakGlass]: 'BreakGlass',
  [ACTIONS.acknowledge]: 'Acknowledge',
};
const AT_ONCE: Readonly<Record<string, VoteDecision>> = { [ACTIONS.approve]: 'Approve', [ACTIONS.cancel]: 'Cancel' };

export function createInteractions(options: InteractionsOptions): Interactions {
  const { api, acts, requestOf, linkOf, surroundingsOf, teams, clock, log, events } = options;
  const seen = createSeen(clock, SEEN_MS, MOST_SEEN);
  const directory: Directory = createDirectory(api, teams, clock);
  const answer: Answer = createAnswers(api, clock, log);
  const running = createPlaces(MOST_AT_ONCE, MOST_EACH);

  async function clicked(click: Click, signal: AbortSignal): Promise<string | undefined> {
    const { action, shown, clicker } = click;
    if (action === ACTIONS.open) return undefined;
    if (shown === undefined) return 'This button is none of Sallyport.';
    const decision = AT_ONCE[action];
    if (decision !== undefined) return act(decision, shown, clicker, undefined, signal);
    const limit = AbortSignal.any([signal, AbortSignal.timeout(BEFORE_FORM_MS)]);
    const membership = await directory.membershipOf(clicker, limit);
    if (membership.kind === 'Refused') return `This did not count: ${membership.message}.`;
    const request = current(shown);
    if (request === undefined) return GONE;
    const form = FORMS[action];
    if (form === undefined && action !== ACTIONS.details) return 'This button is none of Sallyport.';
    const view = form === undefined ? detailsOf(request) : formOf(form, request, shown);
    if (view === undefined) return GONE;
    await api.call('views.open', { trigger_id: click.trigger, view }, z.object({}), signal);
    return undefined;
  }

  function detailsOf(request: ApprovalRequest) {
    const link = linkOf(request);
    const limits = { content: DETAILS_CONTENT, contentLines: DETAILS_LINES };
    const surroundings = surroundingsOf(request);
    const noticeOptions: NoticeOptions = { limits, surroundings, ...(link === undefined ? {} : { link }) };
    return detailsView(buildNotice(request, noticeOptions));
  }

  function formOf(decision: VoteDecision, request: ApprovalRequest, shown: Shown) {
    // What was shown, not what is: the webhook refuses the vote where the two differ (R20).
    const value = buttonValue({
      ...request,
      spec: { ...request.spec, digest: shown.request.digest },
    });
    if (value === undefined) return undefined;
    return reasonView(decision, buildNotice(request).title, formMetadata(value, shown.place, decision));
  }

  async function act(
    decision: VoteDecision,
    shown: Shown,
    clicker: Clicker,
    reason: string | undefined,
    signal: AbortSignal,
  ): Promise<string> {
    const { namespace, name } = shown.request;
    const facts = { user: clicker.user, team: clicker.team, request: `${namespace}/${name}`, decision };
    const notTaken = (text: string): string => {
      events.clicked('NotTaken', { ...facts, problem: text });
      return text;
    };
    const membership = await directory.membershipOf(clicker, signal);
    if (membership.kind === 'Refused') return notTaken(`This did not count: ${membership.message}.`);
    const request = current(shown);
    if (request === undefined) return notTaken(GONE);
    if (!(await isPostedAt(shown, signal))) return notTaken(ELSEWHERE);
    const slackGroups = await groupsOf(request, clicker, signal);
    const result = await acts.cast(
      {
        request: shown.request,
        decision,
        ...(reason === undefined ? {} : { reason }),
        onBehalfOf: {
          kind: 'Slack',
          id: `${membership.team}/${clicker.user}`,
          ...(slackGroups.length === 0 ? {} : { slackGroups }),
        },
      },
      AbortSignal.any([signal, AbortSignal.timeout(CAST_MS)]),
    );
    events.clicked(result.kind, result.kind === 'Refused' ? { ...facts, problem: result.code } : facts);
    return answerTo(decision, shown.request, result);
  }

  function current({ request: { namespace, name, uid } }: Shown): ApprovalRequest | undefined {
    const request = requestOf(namespace, name);
    return request?.metadata.uid === uid ? request : undefined;
  }

  /** A button that was carried into another channel, whose people are not those that the policy wants told. */
  async function isPostedAt(shown: Shown, signal: AbortSignal): Promise<boolean> {
    const here = formatPlace(shown.place);
    for (let waited = 0; ; waited += RECORDED_STEP_MS) {
      if (current(shown)?.status?.notifications?.some(({ handle }) => handle === here) === true) return true;
      if (waited >= RECORDED_MS) return false;
      await clock.sleep(RECORDED_STEP_MS, signal);
    }
  }

  /** Only asked where a stage lists such a group. Without an answer the vote goes without it. */
  async function groupsOf(request: ApprovalRequest, { user }: Clicker, signal: AbortSignal): Promise<string[]> {
    const handles = slackGroupHandles(request);
    if (handles.size === 0) return [];
    try {
      return await directory.groupsOf(user, handles, signal);
    } catch (error) {
      log.warn({ err: messageOf(error) }, 'the user groups of Slack cannot be asked');
      return [];
    }
  }

  return {
    handle: async (interaction, signal) => {
      if (!seen.first(interaction.key)) return;
      const { clicker } = interaction;
      const place = interaction.kind === 'Click' ? interaction.place : interaction.shown.place;
      const { user, team } = clicker;
      if (!running.take(user)) return events.clicked('Dropped', { user, team, problem: 'too many at once' });
      try {
        const said =
          interaction.kind === 'Click'
            ? await clicked(interaction, signal)
            : await act(interaction.decision, interaction.shown, clicker, interaction.reason, signal);
        if (said !== undefined) await answer(place, clicker.user, said, signal);
      } catch (error) {
        if (signal.aborted) return;
        events.clicked('Failed', { user, team, problem: messageOf(error) });
        await answer(place, clicker.user, TROUBLE, signal);
      } finally {
        running.leave(user);
      }
    },
  };
}

const GONE = 'This did not count: the request is gone, or is another one than the message shows.';
const ELSEWHERE = 'This did not count: Sallyport did not show the request here. Use the message where it did.';
const TROUBLE = 'This could not be done now. Press the button again in a moment; it counts once.';

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : 'unknown';
}
