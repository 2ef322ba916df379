import { z } from 'zod';
import type { ApprovalRequest } from '../../core/api/kinds.ts';
import type { Act } from '../../ports/acts.ts';

/** What a button was shown for (R20): the vote names this uid and digest, whatever the request is by then. */
export type ShownRequest = Act['request'];

/** docs.slack.dev/reference/block-kit/block-elements/button-element: 2,000 characters, of which these are under 500. */
const value = z.strictObject({
  ns: z.string().min(1).max(63),
  n: z.string().min(1).max(253),
  u: z.string().min(1).max(64),
  d: z.string().regex(/^sha256:[0-9a-f]{64}$/),
});

/** Undefined for a request that is not stamped yet: there is nothing to vote on. */
export function buttonValue({ metadata, spec }: ApprovalRequest): string | undefined {
  const { namespace: ns, name: n, uid: u } = metadata;
  const parsed = value.safeParse({ ns, n, u, d: spec.digest });
  return parsed.success ? JSON.stringify(parsed.data) : undefined;
}

export function parseButtonValue(text: string): ShownRequest | undefined {
  const parsed = value.safeParse(parseJson(text));
  if (!parsed.success) return undefined;
  const { ns, n, u, d } = parsed.data;
  return { namespace: ns, name: n, uid: u, digest: d };
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
