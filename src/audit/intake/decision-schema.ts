import { z } from 'zod';
import type { DecisionRecord } from '../../core/evidence/decision-record.ts';

/** Kubernetes bounds names at 253; a username may come from a token, which fits into a header. */
const text = (max: number) => z.string().max(max);
const LONG = 65_536;
const NAME = 1_024;
const POLICIES = 10_000;

/**
 * A record as an enforcement point of ours writes it. Of a line that the spool took (64 KiB) nothing is refused for its
 * length: whoever had to be approved was let through because it was durable there. What a newer webhook says besides is kept.
 */
export const decisionSchema: z.ZodType<DecisionRecord> = z
  .looseObject({
    id: z.string().regex(/^[A-Za-z0-9-]{8,64}$/, 'must be the id of a decision'),
    at: z.iso.datetime({ precision: 3 }),
    point: z.string().regex(/^[a-z][a-z-]{1,63}$/, 'must be an enforcement point'),
    verdict: z.enum(['Allowed', 'Denied', 'Asked']),
    code: z.string().regex(/^[A-Z][A-Za-z]{1,63}$/, 'must be a code'),
    detail: text(LONG).optional(),
    user: z.looseObject({ username: text(LONG), uid: text(LONG).optional(), person: text(LONG).optional() }),
    operation: text(64),
    resource: text(NAME),
    namespace: text(NAME).optional(),
    name: text(NAME).optional(),
    digest: text(256).optional(),
    request: text(NAME).optional(),
    policies: z.array(text(NAME)).max(POLICIES),
    observed: z.array(text(NAME)).max(POLICIES).optional(),
    dryRun: z.boolean(),
    seconds: z.number().min(0).max(86_400),
  })
  // Zod calls an absent key undefined; JSON has none.
  .transform((record) => record as unknown as DecisionRecord);
