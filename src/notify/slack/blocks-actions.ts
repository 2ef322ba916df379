import type { types } from '@slack/bolt';
import type { ApprovalRequest } from '../../core/api/kinds.ts';
import { ENDED } from '../../core/approval/approval-state.ts';
import { neededAssurance } from '../../core/approval/assurance.ts';
import { isUnacknowledged } from '../../core/approval/break-glass.ts';
import { reasonMissing } from '../../core/notice/warnings.ts';
import type { Notice } from '../../core/notice/notice.ts';
import { plain } from './blocks-text.ts';
import { buttonValue } from './button-value.ts';

/** What a click asks for, by the `action_id` of its button. */
export const ACTIONS = {
  approve: 'sallyport_approve',
  deny: 'sallyport_deny',
  revoke: 'sallyport_revoke',
  breakGlass: 'sallyport_break_glass',
  cancel: 'sallyport_cancel',
  acknowledge: 'sallyport_acknowledge',
  details: 'sallyport_details',
  /** Opens the console in the browser; Slack reports the click all the same. */
  open: 'sallyport_open',
} as const;

/** Who reads the message: those who may approve, or the one who asked. */
export type Audience = 'Approvers' | 'Requester';

/** docs.slack.dev/reference/block-kit/composition-objects/confirmation-dialog-object */
const CONFIRM_LIMIT = 300;
const LABEL_LIMIT = 75;
/** docs.slack.dev/reference/block-kit/block-elements/button-element */
const URL_LIMIT = 3_000;

/** The buttons that a request has in its state; none after its end, but for the review of a break-glass use. */
export function actionsBlock(
  request: ApprovalRequest,
  notice: Notice,
  audience: Audience,
): types.ActionsBlock | undefined {
  const value = buttonValue(request);
  if (value === undefined) return undefined;
  const elements = buttons(request, notice, audience).map((button) =>
    button.url === undefined ? { ...button, value } : button,
  );
  return elements.length === 0 ? undefined : { type: 'actions', block_id: 'sallyport_actions', elements };
}

function buttons(request: ApprovalRequest, notice: Notice, audience: Audience): types.Button[] {
  const { state } = notice;
  const details = button(ACTIONS.details, 'Details');
  const review = isUnacknowledged(request.status) && audience === 'Approvers' ? [acknowledge] : [];
  if (ENDED.has(state)) return review;
  if (audience === 'Requester') return [...(state === 'Pending' ? asking(request) : []), cancel, details];
  if (state === 'Approved') return [revoke, ...review, details];
  return [...approving(request, notice), button(ACTIONS.deny, 'Deny…', 'danger'), details];
}

function approving(request: ApprovalRequest, notice: Notice): types.Button[] {
  // A click would not count; the message changes as soon as there is a reason.
  if (reasonMissing(request) !== undefined) return [];
  const assurance = neededAssurance(request.spec.policies ?? []);
  if (assurance === 'Any') return [{ ...button(ACTIONS.approve, 'Approve', 'primary'), confirm: approval(notice) }];
  const { link } = notice;
  if (assurance === 'Kubernetes' || link === undefined || link.length > URL_LIMIT) return [];
  return [{ ...button(ACTIONS.open, 'Approve in the console', 'primary'), url: link }];
}

function asking({ spec }: ApprovalRequest): types.Button[] {
  const breakable = (spec.policies ?? []).some(({ terms }) => terms.breakGlass !== undefined);
  return breakable ? [button(ACTIONS.breakGlass, 'Break glass…', 'danger')] : [];
}

const acknowledge = button(ACTIONS.acknowledge, 'Mark as reviewed…');
const revoke = button(ACTIONS.revoke, 'Revoke…', 'danger');
const cancel: types.Button = {
  ...button(ACTIONS.cancel, 'Withdraw'),
  confirm: {
    title: plain('Withdraw the request?', 100),
    text: plain('Nobody can approve it any more, and an approval is gone.', CONFIRM_LIMIT),
    confirm: plain('Withdraw', 30),
    deny: plain('Keep it', 30),
  },
};

/** The last look: what is approved, in as many words as the dialog takes. */
function approval({ title, content, warnings }: Notice): types.ConfirmationDialog {
  const warned = warnings.length === 0 ? '' : `\nRead its ${warnings.length === 1 ? 'warning' : 'warnings'} first.`;
  const room = CONFIRM_LIMIT - warned.length;
  const what = plain(content === undefined ? title : `${title}: ${content.text}`, room).text;
  // The dialog does not scroll: what does not fit is in the message behind it.
  return {
    title: plain('Approve this?', 100),
    text: { type: 'plain_text', text: `${what}${warned}`, emoji: false },
    confirm: plain('Approve', 30),
    deny: plain('Not yet', 30),
    style: 'primary',
  };
}

function button(action_id: string, label: string, style?: 'primary' | 'danger'): types.Button {
  return {
    type: 'button',
    action_id,
    text: plain(label, LABEL_LIMIT),
    ...(style === undefined ? {} : { style }),
  };
}
