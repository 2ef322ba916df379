import { z } from 'zod';
import { seconds } from './fields.ts';

/** What is looked for in the API server's audit events (docs/detectors.md). */
export const auditDetectorsConfig = z.strictObject({
  graceSeconds: seconds(
    50,
    20,
    'A decision may come to the ledger so much later than the event that names it, as from the spool of another process. An alarm comes within 60 s in all.',
  ),
  lossSeconds: seconds(
    3_600,
    300,
    'What was let through must show in an audit event by then. API servers send again for minutes what was not taken.',
  ),
});

export type AuditDetectorsConfig = z.output<typeof auditDetectorsConfig>;
