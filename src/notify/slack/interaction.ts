import { z } from 'zod';
import type { VoteDecision } from '../../core/api/kinds.ts';
import { REASON_BLOCK, REASON_INPUT, REASON_LIMIT } from './blocks-modal.ts';
import { parseButtonValue, parseJson, type ShownRequest } from './button-value.ts';
import { formatPlace, parsePlace, type Place } from './place.ts';

/** Who pressed something, as Slack says; their account is looked up before anything counts. */
export interface Clicker {
  readonly team: string;
  readonly user: string;
  readonly enterprise?: string;
}

/** A request as somebody was shown it, and where. */
export interface Shown {
  readonly request: ShownRequest;
  readonly place: Place;
}

export interface Click {
  readonly kind: 'Click';
  /** Of this click, and of every delivery of it. */
  readonly key: string;
  readonly action: string;
  readonly clicker: Clicker;
  readonly place: Place;
  /** Undefined where the button holds nothing of ours. */
  readonly shown?: Shown;
  readonly trigger: string;
}

export interface Submission {
  readonly kind: 'Submission';
  readonly key: string;
  readonly clicker: Clicker;
  readonly shown: Shown;
  readonly decision: VoteDecision;
  readonly reason: string;
}

export type Interaction = Click | Submission;

const text = (limit: number) => z.string().min(1).max(limit);
const user = z.object({ id: text(32), team_id: text(32).optional() });
const team = z.object({ id: text(32) });
const enterprise = z.object({ id: text(32) }).nullish();

/** docs.slack.dev/reference/interaction-payloads/block_actions-payload; what we do not use may be anything. */
const blockActions = z.object({
  type: z.literal('block_actions'),
  user,
  team: team.nullish(),
  enterprise,
  trigger_id: text(256),
  container: z.object({ type: z.literal('message'), message_ts: text(32), channel_id: text(32) }),
  actions: z.tuple([z.object({ action_id: text(255), value: z.string().max(2_000).optional(), action_ts: text(32) })]),
});

/** docs.slack.dev/reference/interaction-payloads/view-interactions-payload */
const viewSubmission = z.object({
  type: z.literal('view_submission'),
  user,
  team: team.nullish(),
  enterprise,
  view: z.object({
    id: text(64),
    hash: text(128),
    private_metadata: z.string().max(3_000),
    state: z.object({
      values: z.object({ [REASON_BLOCK]: z.object({ [REASON_INPUT]: z.object({ value: z.string().nullish() }) }) }),
    }),
  }),
});

const metadata = z.strictObject({
  v: z.string().max(2_000),
  p: z.string().max(64),
  d: z.enum(['Deny', 'Revoke', 'BreakGlass', 'Acknowledge']),
});

/** What a form keeps for when it comes back: docs.slack.dev/reference/views, 3,000 characters. */
export function formMetadata(value: string, place: Place, decision: VoteDecision): string {
  return JSON.stringify({ v: value, p: formatPlace(place), d: decision });
}

/** Undefined for what is none of ours. */
export function parseClick(body: unknown): Click | undefined {
  const parsed = blockActions.safeParse(body);
  if (!parsed.success) return undefined;
  const { container, actions, trigger_id } = parsed.data;
  const [action] = actions;
  const clicker = clickerOf(parsed.data);
  const place = { channel: container.channel_id, ts: container.message_ts };
  const request = action.value === undefined ? undefined : parseButtonValue(action.value);
  if (clicker === undefined) return undefined;
  return {
    kind: 'Click',
    key: ['click', clicker.team, clicker.user, formatPlace(place), action.action_id, action.action_ts].join(' '),
    action: action.action_id,
    clicker,
    place,
    trigger: trigger_id,
    ...(request === undefined ? {} : { shown: { request, place } }),
  };
}

/** A form that came back; `Blank` where the reason holds nothing to read, `TooLong` where it is more than a vote holds. */
export function parseSubmission(body: unknown): Submission | 'Blank' | 'TooLong' | undefined {
  const parsed = viewSubmission.safeParse(body);
  if (!parsed.success) return undefined;
  const { view } = parsed.data;
  const kept = metadata.safeParse(parseJson(view.private_metadata));
  const clicker = clickerOf(parsed.data);
  if (!kept.success || clicker === undefined) return undefined;
  const request = parseButtonValue(kept.data.v);
  const place = parsePlace(kept.data.p);
  if (request === undefined || place === undefined) return undefined;
  const reason = (view.state.values[REASON_BLOCK][REASON_INPUT].value ?? '').trim();
  if (reason === '') return 'Blank';
  if (reason.length > REASON_LIMIT) return 'TooLong';
  const key = ['form', clicker.team, clicker.user, view.id, view.hash].join(' ');
  return { kind: 'Submission', key, clicker, shown: { request, place }, decision: kept.data.d, reason };
}

function clickerOf(body: {
  readonly user: z.infer<typeof user>;
  readonly team?: z.infer<typeof team> | null | undefined;
  readonly enterprise?: z.infer<typeof enterprise>;
}): Clicker | undefined {
  const of = body.user.team_id ?? body.team?.id;
  if (of === undefined) return undefined;
  const grid = body.enterprise?.id;
  return { team: of, user: body.user.id, ...(grid === undefined ? {} : { enterprise: grid }) };
}
