// Generated from crds/ by `npm run generate`. Do not edit.
import type { ObjectMeta } from '../object-meta.ts';

/**
 * ApprovalPolicy says which Kubernetes actions need the approval of other people, whose, and for how long it holds.
 */
export interface ApprovalPolicy {
  apiVersion: string;
  kind: 'ApprovalPolicy';
  metadata: ObjectMeta;
  spec: {
    /**
     * What this policy is for, in the words an approver will read.
     */
    description?: string;
    /**
     * Which requests need approval, in the words of ValidatingAdmissionPolicy.
     */
    match: {
      /**
       * @minItems 1
       * @maxItems 32
       */
      resourceRules: {
        /**
         * @minItems 1
         * @maxItems 16
         */
        apiGroups: string[];
        /**
         * @minItems 1
         * @maxItems 16
         */
        apiVersions: string[];
        /**
         * @minItems 1
         * @maxItems 5
         */
        operations: ('CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT' | '*')[];
        /**
         * @minItems 1
         * @maxItems 32
         */
        resources: string[];
        /**
         * Omitted or empty means every name.
         *
         * @maxItems 64
         */
        resourceNames?: string[];
        /**
         * Omitted means both.
         */
        scope?: '*' | 'Cluster' | 'Namespaced';
      }[];
      /**
       * Omitted or empty means every namespace. Cluster-scoped objects are not limited by it, except namespaces by their own labels.
       */
      namespaceSelector?: {
        matchLabels?: {
          [k: string]: string;
        };
        /**
         * @maxItems 32
         */
        matchExpressions?: {
          key: string;
          operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';
          /**
           * @maxItems 64
           */
          values?: string[];
        }[];
      };
      /**
       * Omitted or empty means every object. Compared with the object, the old object and, for CONNECT, the live pod; one match is enough.
       */
      objectSelector?: {
        matchLabels?: {
          [k: string]: string;
        };
        /**
         * @maxItems 32
         */
        matchExpressions?: {
          key: string;
          operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';
          /**
           * @maxItems 64
           */
          values?: string[];
        }[];
      };
      /**
       * All must be true for the policy to match. An error while evaluating denies the request.
       *
       * @maxItems 16
       */
      matchConditions?: {
        name: string;
        /**
         * CEL over request, object, oldObject, namespaceObject and exec.
         */
        expression: string;
      }[];
      /**
       * Whose requests need approval. Omitted or empty means everybody's.
       *
       * @maxItems 64
       */
      subjects?: {
        kind: 'User' | 'Group' | 'ServiceAccount';
        name: string;
        /**
         * Of a ServiceAccount, and of nothing else.
         */
        namespace?: string;
      }[];
      /**
       * Whose requests never need approval under this policy.
       *
       * @maxItems 64
       */
      excludeSubjects?: {
        kind: 'User' | 'Group' | 'ServiceAccount';
        name: string;
        /**
         * Of a ServiceAccount, and of nothing else.
         */
        namespace?: string;
      }[];
    };
    mode?: 'Enforce' | 'Warn' | 'Audit';
    enforcement?: 'Admission' | 'GatewayOnly';
    approval: {
      /**
       * One after the other; a later stage opens when the earlier one has its quorum.
       *
       * @minItems 1
       * @maxItems 8
       */
      stages: {
        name: string;
        /**
         * How many different people must approve.
         */
        required?: number;
        /**
         * Who may approve. An empty list is refused; it never means everybody.
         *
         * @minItems 1
         * @maxItems 64
         */
        approvers: {
          kind: 'User' | 'Group' | 'ServiceAccount' | 'SlackUserGroup';
          name: string;
          /**
           * Of a ServiceAccount, and of nothing else.
           */
          namespace?: string;
        }[];
        /**
         * A duration such as 90s, 10m, 1h30m.
         */
        escalateAfter?: string;
        /**
         * Who may approve. An empty list is refused; it never means everybody.
         *
         * @minItems 1
         * @maxItems 64
         */
        escalateTo?: {
          kind: 'User' | 'Group' | 'ServiceAccount' | 'SlackUserGroup';
          name: string;
          /**
           * Of a ServiceAccount, and of nothing else.
           */
          namespace?: string;
        }[];
        /**
         * Who is told: of a stage when its turn comes, of a policy at once.
         *
         * @maxItems 16
         */
        notify?: {
          kind: 'Slack' | 'Email' | 'Teams' | 'Webhook';
          /**
           * Of Slack a channel such as #prod-access, of Email an address (without one, the approvers as the people map has them), of Teams and Webhook a name of the configuration.
           */
          channel?: string;
        }[];
        /**
         * Who is told: of a stage when its turn comes, of a policy at once.
         *
         * @maxItems 16
         */
        escalateNotify?: {
          kind: 'Slack' | 'Email' | 'Teams' | 'Webhook';
          /**
           * Of Slack a channel such as #prod-access, of Email an address (without one, the approvers as the people map has them), of Teams and Webhook a name of the configuration.
           */
          channel?: string;
        }[];
      }[];
      /**
       * How long a request may stay Pending, such as 90s, 10m, 1h30m; then it is Expired, which denies.
       */
      timeout?: string;
      requireReason?: boolean;
      reasonPattern?: string;
      minAssurance?: 'Any' | 'Console' | 'Kubernetes';
      /**
       * Strict: who may impersonate the requester, or get its token, does not count.
       */
      separation?: 'Standard' | 'Strict';
    };
    grant?: {
      type?: 'Once' | 'Window';
      /**
       * How long after its approval a grant may still be used.
       */
      useWithin?: string;
      /**
       * Of a Window, how long after its approval it holds.
       */
      window?: string;
      /**
       * Of a Window; 64 without it.
       */
      maxUses?: number;
      /**
       * Exact: an approval holds for what was shown. Scope: for whatever the requester does to the same object, or for every command that begins with the same elements.
       */
      binding?: 'Exact' | 'Scope';
      /**
       * Of a Scope, how many elements of a command its approval binds at least; without it, all that were run.
       */
      commandPrefix?: number;
      /**
       * Of a Scope, whether it may cover stdin, terminals, shells, interpreters, attach, port-forward, proxies and tokens; otherwise these are approved exactly.
       */
      allowInteractive?: boolean;
      /**
       * JSON pointers (RFC 6901) at which an approval of a CREATE or UPDATE holds for any value.
       *
       * @maxItems 32
       */
      ignorePaths?: string[];
    };
    wait?: {
      /**
       * A duration such as 90s, 10m, 1h30m.
       */
      connect?: string;
      /**
       * A duration such as 90s, 10m, 1h30m.
       */
      write?: string;
      /**
       * Whose requests need approval. Omitted or empty means everybody's.
       *
       * @maxItems 64
       */
      subjects?: {
        kind: 'User' | 'Group' | 'ServiceAccount';
        name: string;
        /**
         * Of a ServiceAccount, and of nothing else.
         */
        namespace?: string;
      }[];
    };
    guardrails?: {
      /**
       * @maxItems 32
       */
      deny?: {
        name: string;
        expression: string;
        message?: string;
      }[];
    };
    masking?: {
      [k: string]: unknown;
    };
    breakGlass?: {
      /**
       * Whose requests need approval. Omitted or empty means everybody's.
       *
       * @maxItems 64
       */
      subjects?: {
        kind: 'User' | 'Group' | 'ServiceAccount';
        name: string;
        /**
         * Of a ServiceAccount, and of nothing else.
         */
        namespace?: string;
      }[];
      /**
       * A duration such as 90s, 10m, 1h30m.
       */
      maxWindow?: string;
    };
    /**
     * Who is told: of a stage when its turn comes, of a policy at once.
     *
     * @maxItems 16
     */
    notify?: {
      kind: 'Slack' | 'Email' | 'Teams' | 'Webhook';
      /**
       * Of Slack a channel such as #prod-access, of Email an address (without one, the approvers as the people map has them), of Teams and Webhook a name of the configuration.
       */
      channel?: string;
    }[];
  };
  status?: {
    observedGeneration?: number;
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
