import type { PolicySpec } from '../api/kinds.ts';
import type { Problem } from './problem.ts';

type NotifyEntry = NonNullable<PolicySpec['notify']>[number];

/** A name as people see it, or an id: Slack's own lower case, of every alphabet. */
const SLACK_CHANNEL = /^(?:#[\p{Ll}\p{Lo}\p{M}\p{N}_-]{1,80}|[CG][A-Z0-9]{2,20})$/u;

/** One address and nothing else: what separates addresses would add recipients. */
const ADDRESS = /^[\p{L}\p{N}!#$%&'*+/=?^_`{|}~.-]{1,64}@[\p{L}\p{N}-]{1,63}(?:\.[\p{L}\p{N}-]{1,63})+$/u;

/** RFC 1123 label, as the configuration names them. */
const NAME = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/**
 * What is wrong with the destinations of a policy. That a name is not in the configuration is no mistake of the policy: its
 * requests say so (condition Notified).
 */
export function notifyProblems({ notify, approval }: PolicySpec): Problem[] {
  return [
    ...entryProblems(notify, 'spec.notify'),
    ...approval.stages.flatMap((stage, index) => {
      const path = `spec.approval.stages[${index}]`;
      const isNeverDue = stage.escalateNotify !== undefined && stage.escalateAfter === undefined;
      return [
        ...entryProblems(stage.notify, `${path}.notify`),
        ...entryProblems(stage.escalateNotify, `${path}.escalateNotify`),
        ...(isNeverDue
          ? [
              {
                path: `${path}.escalateNotify`,
                message: 'this stage never escalates; write escalateAfter and escalateTo',
              },
            ]
          : []),
      ];
    }),
  ];
}

function entryProblems(entries: readonly NotifyEntry[] | undefined, path: string): Problem[] {
  return (entries ?? []).flatMap((entry, index) => {
    const message = problemOf(entry);
    return message === undefined ? [] : [{ path: `${path}[${index}].channel`, message }];
  });
}

function problemOf({ kind, channel }: NotifyEntry): string | undefined {
  switch (kind) {
    case 'Slack':
      return channel !== undefined && SLACK_CHANNEL.test(channel)
        ? undefined
        : 'write a channel such as #prod-access, or its id';
    case 'Email':
      return channel === undefined || ADDRESS.test(channel)
        ? undefined
        : 'write one address, or none for the approvers whom the people map knows';
    case 'Teams':
    case 'Webhook':
      return channel !== undefined && NAME.test(channel)
        ? undefined
        : `write a name of notify.${kind === 'Teams' ? 'teams' : 'webhooks'} of the configuration`;
  }
}
