// Generated from crds/ by `npm run generate`. Do not edit.
import type { ObjectMeta } from '../object-meta.ts';

/**
 * ApprovalVote is one act of one person on an ApprovalRequest. It is created and never changed.
 */
export interface ApprovalVote {
  apiVersion: string;
  kind: 'ApprovalVote';
  metadata: ObjectMeta;
  spec: {
    /**
     * Name of the ApprovalRequest in the same namespace.
     */
    request: string;
    /**
     * Its uid as shown to the voter.
     */
    requestUID: string;
    /**
     * Its digest as shown to the voter.
     */
    digest: string;
    decision: 'Approve' | 'Deny' | 'Revoke' | 'Cancel' | 'BreakGlass' | 'Acknowledge';
    reason?: string;
    /**
     * Stamped. A value of the client's is refused unless it is the client.
     */
    voter?: {
      username: string;
      uid?: string;
      /**
       * @maxItems 512
       */
      groups?: string[];
      person?: string;
      /**
       * Handles of the Slack user groups that the voter was in.
       *
       * @maxItems 64
       */
      slackGroups?: string[];
    };
    /**
     * Of the identity of a channel, and of nobody else: whose act this is.
     */
    onBehalfOf?: {
      /**
       * Slack: a click. OIDC: whoever is signed in to the console.
       */
      kind: 'Slack' | 'OIDC';
      /**
       * Of Slack `T0123/U0456`, team and user; of OIDC the Kubernetes username of a verified ID token.
       */
      id: string;
      /**
       * Of a verified ID token that says email_verified.
       */
      email?: string;
      /**
       * Of a verified ID token.
       *
       * @maxItems 512
       */
      groups?: string[];
      /**
       * Handles of the Slack user groups that the user is in.
       *
       * @maxItems 64
       */
      slackGroups?: string[];
    };
    /**
     * Stamped.
     */
    via?: 'Kubernetes' | 'Slack' | 'Console' | 'Email' | 'Teams' | 'MCP';
    /**
     * Stamped.
     */
    assurance?: 'Any' | 'Console' | 'Kubernetes';
    /**
     * Stamped, where a policy counts only who cannot act as the requester: that it was asked when the vote was cast.
     */
    separation?: {
      checked: boolean;
      /**
       * By which right the voter could act as the requester. Absent where by none.
       */
      actsAs?: string;
    };
    /**
     * Stamped.
     */
    seal?: string;
  };
}
