import { z } from 'zod';
import { dnsLabel, host, listenPort } from './fields.ts';

/** The aggregated API through which evidence is read. */
export const auditReadApiConfig = z
  .strictObject({
    listen: z
      .strictObject({
        host: host().default('0.0.0.0').describe('Address of the TLS listener; `::` where pods have IPv6 only.'),
        port: listenPort().default(8448).describe('Port of the TLS listener.'),
      })
      .prefault({}),
    service: z
      .strictObject({
        namespace: dnsLabel().optional().describe('Namespace of the Service; without it the system namespace.'),
        name: dnsLabel().default('sallyport').describe('The Service through which the API server reaches it.'),
        port: z.int().min(1).max(65_535).default(8448).describe('Port of the Service.'),
      })
      .prefault({}),
  })
  .describe(
    'Serves `kubectl get records` and `kubectl sallyport audit`, with the certificate that the controller keeps; needs `audit.index`. The controller reads this too: it registers the API.',
  );

export type AuditReadApiConfig = z.output<typeof auditReadApiConfig>;
