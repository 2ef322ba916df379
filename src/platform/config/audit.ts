import { z } from 'zod';
import { auditSinks } from './audit-sinks.ts';
import { auditReadApiConfig } from './audit-read-api.ts';
import { auditReceiverConfig } from './audit-receiver.ts';
import { auditDetectorsConfig } from './audit-detectors.ts';
import { auditIntakeConfig } from './audit-intake.ts';
import { auditArchive, auditRetention } from './audit-archive.ts';
import { auditIndex } from './audit-index.ts';
import { bytes, count, mebibytes, path } from './fields.ts';

/** The ledger, and what fills and reads it. Without it decisions are logged and counted, and nothing else. */
export const auditConfig = z.strictObject({
  ledger: z
    .strictObject({
      directory: path().describe('Of the segments. It belongs to one process, and to nothing else.'),
      keyFile: path()
        .optional()
        .describe(
          'ed25519 private key, PKCS#8 PEM, that signs closed segments and checkpoints. Without it the Secret `sallyport-ledger-key`, which the first process makes.',
        ),
      formerKeyFiles: z
        .array(path())
        .max(16)
        .default([])
        .describe(
          'Public keys (SPKI PEM) that signed here before `keyFile` was another. A ledger that another key has signed is not opened; those beside the segments are not believed, since whoever can write there can put one there.',
        ),
      segmentBytes: bytes(mebibytes(256), 'A segment is closed, sealed and archived at this size.'),
      segmentHours: count(168, 24, 'A quiet segment is closed after so long, since only closed ones are sealed.'),
      recordBytes: bytes(
        mebibytes(2),
        'An event at level RequestResponse holds two objects of up to 1.5 MB (etcd); a longer one is kept without them.',
        // What is kept of an event that is too long itself: fourteen fields of 16 KiB, and a note.
        256 * 1024,
      ),
    })
    .describe('Hash-chained segments on a disk of this process (docs/ledger.md).'),
  receiver: auditReceiverConfig.optional().describe("Takes the API server's audit events (docs/audit.md)."),
  intake: auditIntakeConfig.optional(),
  sinks: auditSinks.describe('Where evidence is sent as well (docs/sinks.md).'),
  archive: auditArchive.optional().describe('Copies of closed segments (docs/audit-storage.md).'),
  retention: auditRetention.optional().describe('Without it all segments are kept.'),
  index: auditIndex.optional().describe('By what evidence is searched (docs/audit-storage.md).'),
  readApi: auditReadApiConfig.optional(),
  detectors: auditDetectorsConfig.prefault({}),
});

export type AuditConfig = z.output<typeof auditConfig>;
