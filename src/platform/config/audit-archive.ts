import { z } from 'zod';
import { count, httpsUrl, path, seconds } from './fields.ts';

/** Where closed segments go; S3, or what speaks its language. */
export const auditArchive = z
  .strictObject({
    bucket: z
      .string()
      .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'must be the name of a bucket')
      .describe('It exists already. With versioning and object lock nobody can take back what was archived.'),
    prefix: z
      .string()
      .max(512)
      .regex(/^([\w!.*'()-]+\/)*$/, 'must be empty, or end with /')
      .default('')
      .describe('Before all keys, such as `clusters/prod/`; a folder for each ledger follows.'),
    region: z.string().min(1).max(64).default('us-east-1').describe('Of the bucket.'),
    endpoint: httpsUrl().optional().describe("Of another service than Amazon's."),
    pathStyle: z
      .boolean()
      .default(false)
      .describe('The bucket in the path and not in the name of the host, as other services want it.'),
    accessKeyIdFile: path()
      .optional()
      .describe('File with the id of the access key; without it, the role of the pod or the machine.'),
    secretAccessKeyFile: path().optional().describe('File with its secret.'),
    objectSeconds: seconds(3_600, 600, 'A segment of 256 MiB over 5 Mbit/s; one that takes longer is sent anew.'),
  })
  .refine(
    ({ accessKeyIdFile, secretAccessKeyFile }) =>
      (accessKeyIdFile === undefined) === (secretAccessKeyFile === undefined),
    {
      path: ['secretAccessKeyFile'],
      error: 'must be given with accessKeyIdFile, and only with it',
    },
  );

export const auditRetention = z.strictObject({
  days: count(
    36_500,
    90,
    'A closed segment goes so long after it was closed, when it is archived (where there is an archive) and read by index, detectors and sinks. Its seal stays.',
  ),
});

export type AuditArchiveConfig = z.output<typeof auditArchive>;
