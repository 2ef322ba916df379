import { z } from 'zod';
import type { DecisionRecord } from '../../core/evidence/decision-record.ts';

/** Kubernetes bounds names at 253; a username may come from a token, which fits into a header. */
const text = (max: number) => z.string().max(max);
const LONG = 8_192;
const NAME = 1_024;
const POLICIES = 64;

/**
 * A record as an enforcement point of ours writes it, and nothing else: what is kept for years is not a place for whatever
 * somebody with a certificate cares to send.
 */
export const decisionSchema: z.ZodType<DecisionRecord> = z
  .strictObject({
    id: z.string().regex(/^[A-Za-z0-9-]{8,64}$/, 'must be the id of a decision'),
    at: z.iso.datetime({ precision: 3 }),
    point: z.literal('webhook'),
    verdict: z.enum(['Allowed', 'Denied', 'Asked']),
    code: z.string().regex(/^[A-Z][A-Za-z]{1,63}$/, 'must be a code'),
    detail: text(LONG).optional(),
    user: z.strictObject({ username: text(LONG), uid: text(LONG).optional(), person: text(LONG).optional() }),
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
  .transform((record) => record as DecisionRecord);
