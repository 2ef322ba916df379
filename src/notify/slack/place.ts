/** Where a message stands: a conversation, and a timestamp that is unique in it. */
export interface Place {
  readonly channel: string;
  readonly ts: string;
}

const HANDLE = /^([CDG][A-Z0-9]{2,30})\/(\d{1,12}\.\d{1,8})$/;

/** `C0123/1700000000.000100`, as `status.notifications` keeps it. */
export function formatPlace({ channel, ts }: Place): string {
  return `${channel}/${ts}`;
}

export function parsePlace(handle: string): Place | undefined {
  const [, channel, ts] = HANDLE.exec(handle) ?? [];
  return channel === undefined || ts === undefined ? undefined : { channel, ts };
}
