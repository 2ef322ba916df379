import { z } from 'zod';
import { bytes, httpsUrl, mebibytes, path, seconds } from './fields.ts';

/** How a webhook process without a ledger of its own keeps records of decisions. */
export const recorderConfig = z.strictObject({
  url: httpsUrl()
    .refine((url) => /^https:\/\/[^/?]+\/?$/.test(url), 'must be https, with no path and no query')
    .describe('Of `audit.intake` of the process with the ledger.'),
  certificateFile: path().describe('PEM; its common name is among `audit.intake.clientNames`. Read again each minute.'),
  keyFile: path().describe('PEM.'),
  caFile: path().describe("PEM of the authority of the intake's certificate; no other is trusted."),
  spoolDirectory: path().describe(
    'Keeps records until they have come to the ledger. On a disk that outlives the process, and of this process alone.',
  ),
  spoolBytes: bytes(
    mebibytes(64),
    'Some 100,000 decisions: hours without the audit role. When it is full, what needs approval is refused.',
  ),
  timeoutSeconds: seconds(60, 5, 'An answer that takes longer is not waited for; the records are sent again.'),
});

export type RecorderConfig = z.output<typeof recorderConfig>;
