import { z } from 'zod';
import { auditArchive } from './audit-archive.ts';
import { bytes, count, host, httpsUrl, mebibytes, path, seconds } from './fields.ts';

/** As in core/evidence; a record of the kind Segment is the ledger's own. */
export const SINK_KINDS = [
  'Segment',
  'Decision',
  'Request',
  'Vote',
  'Use',
  'GivenBack',
  'Policy',
  'AuditEvent',
  'Alarm',
] as const;

const CA = 'PEM of the authority of the server, where it is not a public one.';

const common = {
  name: z
    .string()
    .regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, 'must be a DNS label (RFC 1123)')
    .describe('In logs and metrics, and of its cursor: under another name it gets everything again.'),
  kinds: z
    .array(z.enum(SINK_KINDS))
    .min(1)
    .max(SINK_KINDS.length)
    .refine((kinds) => new Set(kinds).size === kinds.length, 'must not name a kind twice')
    .default(['Decision', 'Request', 'Vote', 'Use', 'GivenBack', 'Policy', 'Alarm'])
    .describe(
      "Which records it gets. AuditEvent, the API server's own events, only where it is named: they are many, and most receivers have them already.",
    ),
  timeoutSeconds: seconds(300, 20, 'For one batch; then it is sent again.'),
} as const;

const batch = (records: number, size: number, linger: number) =>
  ({
    batchRecords: count(10_000, records, 'Sent at once; what is refused is found by halving.'),
    batchBytes: bytes(size, 'Sent at once, and held in memory; only a single record may be longer.'),
    lingerSeconds: seconds(900, linger, 'How long a record waits for others to be sent with it.'),
    messageBytes: bytes(
      256 * 1024,
      'A record that makes a longer message goes without its line (`event.original`), which stands in the ledger.',
    ),
  }) as const;

const otlp = z.strictObject({
  kind: z.literal('Otlp').describe('OpenTelemetry logs, OTLP/HTTP with JSON.'),
  ...common,
  ...batch(500, mebibytes(1), 1),
  url: httpsUrl().describe('With its path, such as https://collector.example.com:4318/v1/logs.'),
  authorizationFile: path().optional().describe('File with the value of the header Authorization, such as `Bearer …`.'),
  caFile: path().optional().describe(CA),
});

const splunkHec = z.strictObject({
  kind: z.literal('SplunkHec').describe("Splunk's HTTP Event Collector."),
  ...common,
  ...batch(500, mebibytes(1), 1),
  url: httpsUrl().describe('Without a path, such as https://hec.example.com:8088.'),
  tokenFile: path().describe('File with the token of the collector.'),
  caFile: path().optional().describe(CA),
  index: z.string().min(1).max(80).optional().describe("Where its events go; without it the token's own."),
  sourcetype: z.string().min(1).max(80).default('_json').describe('As Splunk should read them.'),
  acknowledgments: z
    .boolean()
    .default(false)
    .describe('A batch counts when it is indexed; for a token with indexer acknowledgment.'),
});

const syslog = z
  .strictObject({
    kind: z.literal('Syslog').describe('RFC 5424 over TLS (RFC 5425).'),
    ...common,
    ...batch(500, mebibytes(1), 1),
    messageBytes: bytes(
      8 * 1024,
      'What RFC 5425 asks every receiver to take. A longer record goes without its line, then as a sentence alone.',
    ),
    host: host().describe('Of the receiver; its certificate must name it.'),
    port: z.int().min(1).max(65_535).default(6514).describe('6514 is registered for syslog over TLS.'),
    caFile: path().optional().describe(CA),
    certFile: path().optional().describe('PEM of our own certificate, where the receiver asks for one.'),
    keyFile: path().optional().describe('PEM of its key; only with certFile.'),
    hostname: host().default('sallyport').describe('HOSTNAME of the messages.'),
  })
  .refine(({ certFile, keyFile }) => (certFile === undefined) === (keyFile === undefined), {
    path: ['keyFile'],
    error: 'must be given with certFile, and only with it',
  });

const { objectSeconds: _, ...bucket } = auditArchive.shape;

const s3 = z
  .strictObject({
    kind: z.literal('S3').describe('Objects of NDJSON in a bucket.'),
    ...common,
    ...batch(10_000, mebibytes(8), 60),
    ...bucket,
  })
  .refine(
    ({ accessKeyIdFile, secretAccessKeyFile }) =>
      (accessKeyIdFile === undefined) === (secretAccessKeyFile === undefined),
    { path: ['secretAccessKeyFile'], error: 'must be given with accessKeyIdFile, and only with it' },
  );

const webhook = z.strictObject({
  kind: z.literal('Webhook').describe('Batches of CloudEvents, signed by Standard Webhooks.'),
  ...common,
  ...batch(200, mebibytes(1), 1),
  url: httpsUrl().describe('Where they are posted.'),
  secretFile: path().describe('File with the signing secret (whsec_…).'),
  caFile: path().optional().describe(CA),
});

/** Where evidence is sent as well; docs/sinks.md. */
export const auditSinks = z
  .array(z.discriminatedUnion('kind', [otlp, splunkHec, syslog, s3, webhook]))
  .max(16)
  .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, 'must not have a name twice')
  .default([]);

export type AuditSinkConfig = z.output<typeof auditSinks>[number];
