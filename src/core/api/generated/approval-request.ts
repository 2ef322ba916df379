// Generated from crds/ by `npm run generate`. Do not edit.
import type { ObjectMeta } from '../object-meta.ts';

/**
 * ApprovalRequest is one request for the approval of one action by one requester.
 */
export interface ApprovalRequest {
  apiVersion: string;
  kind: 'ApprovalRequest';
  metadata: ObjectMeta;
  spec: {
    /**
     * Stamped. A value of the client's is refused unless it is the client.
     */
    requester?: {
      username: string;
      uid?: string;
      /**
       * @maxItems 512
       */
      groups?: string[];
      extra?: {
        /**
         * @maxItems 16
         */
        [k: string]: string[];
      };
      class?: 'Human' | 'ServiceAccount' | 'Agent' | 'System';
      person?: string;
      owner?: string;
      impersonated?: boolean;
    };
    /**
     * What is to be done. The requester writes it, or the webhook that met the action.
     */
    action: {
      /**
       * Scope: any such action on the object of this name, whatever its content; of an exec, any command that begins with these elements. Without it, exactly this action.
       */
      binding?: 'Scope';
      /**
       * Of a Scope, that it covers stdin, terminals, shells and what else cannot be seen beforehand.
       */
      interactive?: boolean;
      operation: 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT';
      group?: string;
      version: string;
      resource: string;
      subresource?: string;
      /**
       * Omitted for a cluster-scoped target.
       */
      namespace?: string;
      /**
       * Omitted where the server will generate it.
       */
      name?: string;
      /**
       * uid of the object that is changed, deleted or connected to. Omitted in a request written by hand, it is that of the object now.
       */
      targetUID?: string;
      /**
       * Of pods/exec and pods/attach. Absent fields are what the plain command sends: no stdin, no tty.
       */
      exec?: {
        container?: string;
        /**
         * @maxItems 256
         */
        command?: string[];
        stdin?: boolean;
        stdout?: boolean;
        stderr?: boolean;
        tty?: boolean;
      };
      /**
       * Of every other CONNECT, and of DELETE, as the API server decoded them.
       */
      options?: {
        [k: string]: unknown;
      };
      /**
       * Of CREATE. Values of Secrets are replaced by an HMAC.
       */
      object?: {
        [k: string]: unknown;
      };
      /**
       * Of UPDATE, each path that changes, with the old and the new value as JSON. Neither: a path that the policies ignore, any value.
       *
       * @maxItems 128
       */
      changes?: {
        /**
         * A JSON pointer (RFC 6901).
         */
        path: string;
        /**
         * Absent where there was nothing.
         */
        old?: string;
        /**
         * Absent where nothing will be.
         */
        new?: string;
      }[];
      /**
       * Stamped. What is bound by the digest but too large to keep here.
       */
      omitted?: string;
    };
    /**
     * Stamped. SHA-256 of the canonical action.
     */
    digest?: string;
    /**
     * Stamped. SHA-256 of username, uid and digest.
     */
    fingerprint?: string;
    /**
     * Stamped. The terms of each policy that matched, as they were.
     *
     * @maxItems 16
     */
    policies?: {
      name: string;
      uid: string;
      generation: number;
      terms: {
        /**
         * @minItems 1
         * @maxItems 8
         */
        stages: {
          name: string;
          required: number;
          /**
           * @minItems 1
           * @maxItems 64
           */
          approvers: {
            kind: 'User' | 'Group' | 'ServiceAccount' | 'SlackUserGroup';
            name: string;
            namespace?: string;
          }[];
          escalateAfterSeconds?: number;
          /**
           * @minItems 1
           * @maxItems 64
           */
          escalateTo?: {
            kind: 'User' | 'Group' | 'ServiceAccount' | 'SlackUserGroup';
            name: string;
            namespace?: string;
          }[];
        }[];
        timeoutSeconds: number;
        separation?: 'Strict';
        minAssurance?: 'Console' | 'Kubernetes';
        requireReason?: boolean;
        reasonPattern?: string;
        breakGlass?: {
          /**
           * @minItems 1
           * @maxItems 64
           */
          subjects: {
            kind: 'User' | 'Group' | 'ServiceAccount';
            name: string;
            namespace?: string;
          }[];
          maxWindowSeconds: number;
        };
        grant: {
          type: 'Once' | 'Window';
          binding: 'Exact' | 'Scope';
          /**
           * Of a Scope.
           */
          allowInteractive?: boolean;
          /**
           * Of a Scope.
           */
          commandPrefix?: number;
          useWithinSeconds: number;
          /**
           * Of a Window, from the approval.
           */
          windowSeconds?: number;
          /**
           * Of a Window.
           */
          maxUses?: number;
          /**
           * @maxItems 32
           */
          ignorePaths?: string[];
        };
      };
    }[];
    /**
     * Stamped. The action and its target in a few words, for people and printer columns.
     */
    summary?: {
      action: string;
      target: string;
    };
    /**
     * Stamped. Why an approver cannot see all that this allows.
     */
    unbounded?: string;
    reason?: string;
    ticket?: string;
    /**
     * Of a Window, no longer than this.
     */
    duration?: string;
    /**
     * Stamped.
     */
    seal?: string;
  };
  status?: {
    observedGeneration?: number;
    state?: 'Pending' | 'Approved' | 'Denied' | 'Expired' | 'Consumed' | 'Revoked' | 'Cancelled';
    /**
     * Such as 1/2, a stage after the other.
     */
    approvals?: string;
    /**
     * While Pending, the last moment to approve; while Approved, to use it for the first time, and once a window was used, its end.
     */
    expiresAt?: string;
    endedAt?: string;
    /**
     * HMAC over the uid of the request and the whole status. A status without a true one does not count.
     */
    seal?: string;
    /**
     * @maxItems 128
     */
    stages?: {
      policy: string;
      name: string;
      approved: number;
      required: number;
      /**
       * When it began to take approvals.
       */
      openedAt?: string;
      /**
       * When its requester broke the glass of its policy, which needs no approvals since.
       */
      brokenAt?: string;
      /**
       * From when on those of escalateTo may approve too.
       */
      escalatedAt?: string;
    }[];
    /**
     * The counted votes, in the order in which they were counted.
     *
     * @maxItems 64
     */
    votes?: {
      uid: string;
      name: string;
      person: string;
      username: string;
      decision: 'Approve' | 'Deny' | 'Revoke' | 'Cancel' | 'BreakGlass' | 'Acknowledge';
      via: string;
      at: string;
      reason?: string;
    }[];
    /**
     * @maxItems 64
     */
    uses?: {
      id: string;
      /**
       * The decision id that allowed it; also in the audit event.
       */
      decision: string;
      at: string;
      username: string;
      /**
       * authentication.kubernetes.io/credential-id of the caller where the cluster sets it.
       */
      credential?: string;
      targetUID?: string;
      /**
       * Hash of the values at the paths that the approval does not bind.
       */
      ignored?: string;
      /**
       * Of the canonical action that was let through, which a Scope does not name.
       */
      digest?: string;
      /**
       * Of a Scope, what was let through in a few words.
       */
      summary?: string;
      /**
       * How often the API server reviewed the same write again.
       */
      repeats?: number;
      repeatedAt?: string;
      /**
       * An audit event proves that nothing came of it: it does not count (R42).
       */
      givenBack?: {
        at: string;
        /**
         * What the API server answered in the end.
         */
        code: 400 | 403 | 404 | 409 | 422 | 429;
      };
    }[];
    /**
     * Who was told of it, where, and of what.
     *
     * @maxItems 64
     */
    notifications?: {
      /**
       * Such as `Slack #prod-access`.
       */
      channel: string;
      /**
       * Of what it was told, such as Asked and Approved.
       *
       * @maxItems 32
       */
      told?: string[];
      /**
       * When it was told last.
       */
      at?: string;
      /**
       * When telling began. Without a later `at`, nobody knows whether it arrived.
       */
      triedAt?: string;
      /**
       * Where the message stands, so that it can be changed: of Slack `C0123/1700000000.000100`.
       */
      handle?: string;
      /**
       * Why it could not be told.
       */
      problem?: string;
    }[];
    /**
     * @maxItems 16
     */
    conditions?: {
      type: string;
      status: 'True' | 'False' | 'Unknown';
      observedGeneration?: number;
      lastTransitionTime: string;
      reason: string;
      message: string;
    }[];
  };
}
