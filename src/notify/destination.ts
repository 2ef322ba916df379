import type { PolicySpec } from '../core/api/kinds.ts';
import type { Channel } from './channel.ts';

/** Where a policy, or a stage, wants somebody told. */
export type NotifyEntry = NonNullable<PolicySpec['notify']>[number];

export interface Destination {
  readonly kind: Channel['kind'];
  /** As policies write it, or one of the names below. */
  readonly name: string;
}

/** Of Email without an address: the approvers whom the people map knows. No address, for it has no `@`. */
export const APPROVERS = 'approvers';

/** Of Slack: whoever asks, by a direct message. No channel is called so: those begin with `#`. */
export const REQUESTER = '@requester';

export function destinationOf({ kind, channel }: NotifyEntry): Destination {
  return { kind, name: channel ?? APPROVERS };
}

/** As it stands in `status.notifications`: `Slack #prod-access`. */
export function destinationKey({ kind, name }: Destination): string {
  return `${kind} ${name}`;
}

const KINDS: readonly Channel['kind'][] = ['Slack', 'Email', 'Teams', 'Webhook'];

/** The opposite; undefined where no version of ours wrote it. */
export function parseDestination(key: string): Destination | undefined {
  const at = key.indexOf(' ');
  const kind = KINDS.find((each) => each === key.slice(0, at));
  return kind === undefined || at === key.length - 1 ? undefined : { kind, name: key.slice(at + 1) };
}
