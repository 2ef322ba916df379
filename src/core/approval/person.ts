import type { ApprovalVote, Approver, Assurance } from '../api/kinds.ts';

/** Who votes, as stamped on the vote. `person` is what quorum and self-approval compare (R21). */
export interface VoterIdentity {
  readonly username: string;
  readonly groups: readonly string[];
  readonly person: string;
  /**
   * The Kubernetes username of the ID token behind a vote in the console, where it is not `username`: the same human, whether
   * the people map lists that name or not.
   */
  readonly alias?: string;
  /** The channel. */
  readonly via?: string | undefined;
  readonly assurance?: Assurance | undefined;
  /** Handles of the Slack user groups that the voter was in. */
  readonly slackGroups?: readonly string[];
  /** Whether they could act as the requester, where that was asked. */
  readonly separation?: ApprovalVote['spec']['separation'];
}

const SERVICE_ACCOUNT = /^system:serviceaccount:([^:]+):([^:]+)$/;

/** Groups that everybody, or nearly everybody, is in: an approver list that holds one is refused. */
export const EVERYBODY = new Set([
  'system:anonymous',
  'system:authenticated',
  'system:unauthenticated',
  'system:serviceaccounts',
  'system:masters',
  'system:nodes',
]);

export function isServiceAccount(username: string): boolean {
  return SERVICE_ACCOUNT.test(username);
}

export function serviceAccountUsername(namespace: string, name: string): string {
  return `system:serviceaccount:${namespace}:${name}`;
}

/**
 * Whether an approver list names the voter. A ServiceAccount counts only where it is named itself, never by a group: every
 * pod of a namespace is in its groups. A User is named by a username or as a person (R21). A Slack user group counts for
 * who votes by Slack: no other channel knows it.
 */
export function isListed(approvers: readonly Approver[], voter: Listed): boolean {
  return approvers.some((approver) => names(approver, voter));
}

type Listed = Pick<VoterIdentity, 'username' | 'groups'> &
  Partial<Pick<VoterIdentity, 'person' | 'via' | 'slackGroups'>>;

function names(approver: Approver, voter: Listed): boolean {
  switch (approver.kind) {
    case 'User':
      return approver.name === voter.username || approver.name === voter.person;
    case 'Group':
      return !isServiceAccount(voter.username) && voter.groups.includes(approver.name);
    case 'ServiceAccount':
      return voter.username === serviceAccountUsername(approver.namespace ?? '', approver.name);
    case 'SlackUserGroup':
      return voter.via === 'Slack' && voter.slackGroups?.includes(approver.name) === true;
  }
}

/** `group sre`, `alice@example.com`: for messages. */
export function approverName(approver: Approver): string {
  switch (approver.kind) {
    case 'User':
      return approver.name;
    case 'Group':
      return `group ${approver.name}`;
    case 'ServiceAccount':
      return `service account ${approver.namespace ?? ''}/${approver.name}`;
    case 'SlackUserGroup':
      return `Slack group ${approver.name}`;
  }
}
