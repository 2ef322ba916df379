import { NOT_SHOWN } from './reasons.ts';
import type { UnknownReason } from './report.ts';

/** On what a verdict depends that events do not show, and what would show it. */
export const UNKNOWN_TEXTS: Readonly<Record<UnknownReason, string>> = {
  ...NOT_SHOWN,
  namespaceLabels: 'labels of the namespace: --namespaces gives them',
  objectLabels: 'labels of the object (for a stream: of the pod)',
  object: 'the object, which a condition or guardrail looks at: audit level RequestResponse shows it',
  defaults: 'what the API server adds to the object as it was sent: audit level RequestResponse shows it',
  oldObject: 'the object as it was before, which a condition or guardrail looks at',
  change: 'whether the update changes anything: one that does not is let through',
  leadsRound: 'whether the update leads round the policy (labels, finalizers, owners, replicas)',
  name: 'the name, of a generateName or of what a deletecollection deletes',
  kind: 'the kind, which a condition looks at',
  options: 'the options of the request',
  dryRun: 'whether it is a dry run',
  operation: 'whether a failed apply would have made the object or changed it',
  pod: 'the pod behind the stream: its container',
};
