import { z } from 'zod';
import { bytes, count, host, listenPort, mebibytes, path, seconds, usernames } from './fields.ts';

const receiverLimits = z
  .strictObject({
    bodyBytes: bytes(
      mebibytes(64),
      'A batch of 400 events at level Metadata is 1 MB; with the objects of requests in them it has no limit of its own.',
    ),
    inFlightBytes: bytes(
      mebibytes(256),
      'Batches held at once over all API servers; one of them gets half of it, two a third each, and so on.',
    ),
    bodySeconds: seconds(
      30,
      15,
      'The API server gives up after 30 s, and a batch of 64 MiB takes some over a slow line.',
    ),
    answerSeconds: seconds(
      10,
      0.8,
      'A slow answer costs the API server more memory than a quick refusal: it tries again within seconds.',
    ),
    events: count(
      100_000,
      20_000,
      'Of one batch; an API server sends 400 unless --audit-webhook-batch-max-size says otherwise.',
    ),
    eventDepth: count(
      900,
      256,
      'Objects nest a dozen levels; deeper ones break readers of JSON, and are kept as a stub.',
    ),
    eventValues: count(
      1_000_000,
      200_000,
      'Values of one event; many small ones take a hundred times as long to parse as one long one. More are kept as a stub.',
    ),
    batchesAtOnce: count(64, 8, 'Read and written to the disk together.'),
    batchesWaiting: count(10_000, 100, 'Of each API server; it has no more than 15 under way in a burst, and retries.'),
    connections: count(65_536, 256, 'An API server keeps a handful; each costs memory before it authenticates.'),
    lingerSeconds: seconds(60, 1, 'After a stop batches are still taken for so long: endpoint lists lag behind.'),
    drainSeconds: seconds(60, 5, 'Batches that are under way are finished; each has its answer within a second.'),
  })
  .prefault({})
  .refine((limits) => limits.inFlightBytes >= 2 * limits.bodyBytes, {
    path: ['inFlightBytes'],
    error: 'must be at least twice bodyBytes: one API server alone gets half of it',
  });

/** The audit webhook backend. */
export const auditReceiverConfig = z
  .strictObject({
    listen: z
      .strictObject({
        host: host().default('0.0.0.0').describe('Address of the TLS listener; `::` where pods have IPv6 only.'),
        port: listenPort().default(8446).describe('Port of the TLS listener.'),
      })
      .prefault({}),
    tls: z
      .strictObject({
        certificateFile: path().describe('PEM; for the host that the kubeconfig of the audit webhook names.'),
        keyFile: path().describe('PEM.'),
      })
      .describe('Files, which are read again when they change.'),
    clientAuthority: path()
      .optional()
      .describe('PEM file of the authority that signed the client certificate in the kubeconfig of the audit webhook.'),
    clientNames: usernames().describe('Common names of the certificates that may send; with `clientAuthority` only.'),
    tokenFile: path()
      .optional()
      .describe(
        'File of the bearer token that API servers show; two, one a line, while one is being replaced. With `clientAuthority` both must be shown.',
      ),
    limits: receiverLimits,
  })
  .refine(({ clientAuthority, clientNames }) => (clientAuthority === undefined) === (clientNames.length === 0), {
    path: ['clientNames'],
    error: 'must be given with clientAuthority, and not without it',
  })
  .refine(({ clientAuthority, tokenFile }) => clientAuthority !== undefined || tokenFile !== undefined, {
    path: ['clientAuthority'],
    error: 'must be given, or tokenFile: whoever reaches the port could write evidence otherwise',
  });

export type AuditReceiverConfig = z.output<typeof auditReceiverConfig>;
