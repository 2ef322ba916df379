import { z } from 'zod';
import { seconds } from './fields.ts';

/** As policies write it. */
const destination = z
  .strictObject({
    kind: z.enum(['Slack', 'Email', 'Teams', 'Webhook']).describe('It must be set up in `notify` of the same file.'),
    channel: z
      .string()
      .min(1)
      .max(320)
      .describe('Slack: `#name` or the id of a channel. Email: an address. Teams, Webhook: a name of `notify`.'),
  })
  .refine(({ kind, channel }) => kind !== 'Email' || /^[^\s@<>,;]+@[^\s@<>,;]+$/.test(channel), {
    path: ['channel'],
    error: 'must be an address',
  });

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
  notify: z
    .array(destination)
    .max(16)
    .refine((all) => new Set(all.map(({ kind, channel }) => `${kind} ${channel}`)).size === all.length, {
      error: 'must not name a destination twice',
    })
    .default([])
    .describe('Who is told of alarms: `{kind: Slack, channel: "#security"}` (docs/detectors.md).'),
});
