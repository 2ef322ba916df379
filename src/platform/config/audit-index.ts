import { z } from 'zod';
import { bytes, count, mebibytes, path, seconds } from './fields.ts';

const sqlite = z.strictObject({
  directory: path().describe(
    'Of the databases, one a day. It belongs to one process; on a disk of its own it cannot fill that of the ledger.',
  ),
});

const postgresql = z.strictObject({
  urlFile: path().describe(
    'File with its URL, `postgres://user:password@host:5432/database`; `?host=/run/postgresql` for a socket. TLS with a checked certificate, but to this machine.',
  ),
  passwordFile: path().optional().describe('File with the password, where it is not in the URL.'),
  caFile: path().optional().describe('PEM of the authority of the server, where it is not a public one.'),
  connections: count(
    64,
    4,
    'Searches at once; one connection more adds. A server takes 100 by default, of all its clients.',
  ),
  connectSeconds: seconds(60, 5, 'A server that is away is told to whoever searches, after so long.'),
});

/** By what the evidence is searched; the ledger itself is read from end to end. */
export const auditIndex = z
  .strictObject({
    sqlite: sqlite
      .optional()
      .describe('On a disk of this process: finds and follows what is in its own ledger. For one replica of the role.'),
    postgresql: postgresql
      .optional()
      .describe('Shared by all replicas: each finds and follows what is in all ledgers.'),
    searchSeconds: seconds(60, 5, 'A search that takes longer is told to be narrower; it keeps others waiting.'),
    pageBytes: bytes(mebibytes(16), 'A page of 500 records may hold 1 GB; it ends before it is longer than this.'),
    batchRecords: count(10_000, 2_000, 'Records that are added at once, of one transaction.'),
    batchBytes: bytes(mebibytes(16), 'And their size; it is held in memory twice.'),
  })
  .refine(({ sqlite: one, postgresql: other }) => (one === undefined) !== (other === undefined), {
    path: ['sqlite'],
    error: 'either sqlite or postgresql must be given, and not both',
  });

export type AuditIndexConfig = z.output<typeof auditIndex>;
