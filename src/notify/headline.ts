import type { Delivery, Occasion } from './channel.ts';

const HEADLINES: Readonly<Record<Occasion, string>> = {
  Asked: 'Approval is wanted',
  StageOpened: 'The next stage needs approval',
  Escalated: 'Not approved in time: escalated',
  ReasonGiven: 'The requester has given a reason',
  Reminder: 'Still waiting for approval',
  Voted: 'One approval more',
  Approved: 'Approved',
  Denied: 'Denied',
  Expired: 'Expired',
  Revoked: 'Revoked',
  Cancelled: 'Cancelled',
  Used: 'Used',
  BreakGlass: 'The glass was broken: this goes ahead without approval',
  Acknowledged: 'The break-glass use was acknowledged',
};

/** What has happened, in a few words; of several, the last. */
export function headlineOf(occasions: readonly Occasion[]): string {
  const last = occasions.at(-1);
  return last === undefined ? 'Changed' : HEADLINES[last];
}

/** Mail scanners and previews follow links: none of them may decide anything. Then where to decide. */
export function noLinkVotes({ notice, request }: Pick<Delivery, 'notice' | 'request'>): string {
  const { namespace = '', name } = request.metadata;
  const command = `kubectl sallyport show ${namespace}/${name}`;
  const console = notice.link === undefined ? '' : 'in the console, or ';
  return `No link in this message approves or denies anything. Decide ${console}with: ${command}, then kubectl sallyport approve ${namespace}/${name}`;
}
