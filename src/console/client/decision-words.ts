import type { VoteDecision } from '../../core/api/kinds.ts';

export interface DecisionWords {
  /** On the button. */
  readonly verb: string;
  /** Over what it is about. */
  readonly question: string;
  /** What follows from it. */
  readonly meaning: string;
  /** When it is done. */
  readonly done: string;
  /** Without a reason it is refused. */
  readonly reasonRequired: boolean;
}

export const DECISION_WORDS: Readonly<Record<VoteDecision, DecisionWords>> = {
  Approve: {
    verb: 'Approve',
    question: 'Approve exactly this?',
    meaning: 'Your approval holds for what is shown here and for nothing else.',
    done: 'You approved it.',
    reasonRequired: false,
  },
  Deny: {
    verb: 'Deny',
    question: 'Deny this?',
    meaning: 'The request ends. The requester is told your reason.',
    done: 'You denied it.',
    reasonRequired: true,
  },
  Revoke: {
    verb: 'Revoke',
    question: 'Revoke this approval?',
    meaning: 'What has not been used yet can no longer be used.',
    done: 'You revoked it.',
    reasonRequired: true,
  },
  Cancel: {
    verb: 'Cancel request',
    question: 'Cancel your request?',
    meaning: 'The request ends. You can ask again.',
    done: 'You cancelled it.',
    reasonRequired: false,
  },
  Acknowledge: {
    verb: 'Acknowledge',
    question: 'Acknowledge this break-glass use?',
    meaning: 'You say that you have looked at what was done without an approval.',
    done: 'You acknowledged it.',
    reasonRequired: false,
  },
  BreakGlass: {
    verb: 'Break glass',
    question: 'Go on without an approval?',
    meaning: 'The action is let through at once. The approvers are told, and somebody will review it with your reason.',
    done: 'You broke the glass: the action may go on.',
    reasonRequired: true,
  },
};

/** As in the CRD: spec.reason of an ApprovalVote. */
export const MAX_REASON = 2048;

/** What is wrong with a reason before it is sent; undefined where nothing is. */
export function reasonFault(decision: VoteDecision, reason: string): string | undefined {
  const length = Array.from(reason.trim()).length;
  if (length === 0) return DECISION_WORDS[decision].reasonRequired ? 'A reason is required.' : undefined;
  return length > MAX_REASON ? `The reason is ${length - MAX_REASON} characters too long.` : undefined;
}

/** How much of the limit it takes; nothing is cut off without a word. */
export function reasonCount(reason: string): string {
  const count = (value: number): string => value.toLocaleString('en-US');
  return `${count(Array.from(reason.trim()).length)} of ${count(MAX_REASON)} characters`;
}
