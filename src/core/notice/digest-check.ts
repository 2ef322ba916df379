import type { ApprovalRequest } from '../api/kinds.ts';
import { isWhole } from '../attributes/bound-action.ts';
import { digestOf } from '../attributes/digest.ts';

/** Whether the content that a request shows is what its digest binds. */
export type DigestCheck =
  | { readonly type: 'Matches'; readonly digest: string }
  /** Part of the action is too large to keep: the digest cannot be computed again. */
  | { readonly type: 'NotChecked'; readonly digest: string }
  | { readonly type: 'Mismatch'; readonly digest: string; readonly computed: string }
  /** Nothing of ours has stamped the request: it cannot be approved. */
  | { readonly type: 'Missing' };

/** R10, R20: an approver votes for a digest; this tells whether it belongs to what they read. */
export function checkDigest({ spec }: Pick<ApprovalRequest, 'spec'>): DigestCheck {
  const { digest, action } = spec;
  if (digest === undefined) return { type: 'Missing' };
  if (!isWhole(action)) return { type: 'NotChecked', digest };
  const computed = digestOf(action);
  return computed === digest ? { type: 'Matches', digest } : { type: 'Mismatch', digest, computed };
}

/** `sha256:` and 12 hex digits: enough to compare by eye, not enough to rely on. */
export function shortDigest(digest: string): string {
  return digest.slice(0, 'sha256:'.length + 12);
}
