import { z } from 'zod';
import { host, listenPort, path } from './fields.ts';

/** Where the audit role takes records of decisions from webhook processes that are not its own. */
export const auditIntakeConfig = z
  .strictObject({
    listen: z
      .strictObject({
        host: host().default('0.0.0.0').describe('Address of the TLS listener; `::` where pods have IPv6 only.'),
        port: listenPort().default(8447).describe('Port of the TLS listener.'),
      })
      .prefault({}),
    tls: z
      .strictObject({
        certificateFile: path().describe('PEM; for the host that `recorder.url` of the webhook processes names.'),
        keyFile: path().describe('PEM.'),
      })
      .describe('Files, which are read again when they change.'),
    clientAuthority: path().describe(
      'PEM file of the authority that signed the certificates of the webhook processes.',
    ),
    clientNames: z
      .array(z.string().min(1).max(1024))
      .min(1)
      .max(64)
      .describe('Common names of the certificates that may hand in records. Nobody else gets an answer.'),
  })
  .describe('Takes records of decisions from webhook processes elsewhere (`recorder`).');

export type AuditIntakeConfig = z.output<typeof auditIntakeConfig>;
