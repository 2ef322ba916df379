import type { State } from '../api/kinds.ts';

/** What people are told of a request, the same in every channel. All texts are printable, bounded, and not yet escaped. */
export interface Notice {
  readonly state: State;
  /** `alice wants to exec in prod/web-0`. */
  readonly title: string;
  /** In the order of reading: Requester, Action, Target, Policy, Reason, Ticket, Expires, Progress. */
  readonly facts: readonly Fact[];
  /** What will run or change, in a fixed-width face: a command, or a diff without values of Secrets. */
  readonly content?: { readonly kind: 'Command' | 'Diff'; readonly text: string; readonly omitted?: string };
  /** What an approver must not miss: impersonated, unbounded, break-glass. */
  readonly warnings: readonly string[];
  /** Of the console, where there is one. */
  readonly link?: string;
  /** What happened so far, oldest first: votes, escalations, uses. */
  readonly history: readonly { readonly at: string; readonly text: string }[];
  readonly expiresAt?: string;
}

export interface Fact {
  readonly label: string;
  readonly text: string;
}
