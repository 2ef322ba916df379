import { z } from 'zod';
import { unheardAlarms } from './alarm-destinations.ts';
import { auditConfig } from './audit.ts';
import { consoleConfig } from './console.ts';
import { overlapping } from './directories.ts';
import {
  bytes,
  count,
  dnsLabel,
  dnsSubdomain,
  host,
  listenPort,
  mebibytes,
  path,
  seconds,
  usernames,
} from './fields.ts';
import { notify } from './notify.ts';
import { recorderConfig } from './recorder.ts';

export const ROLES = ['webhook', 'controller', 'notify', 'console', 'audit'] as const;

/** What to do about users without authentication.kubernetes.io/credential-id (rule R23). */
const IMPERSONATION = ['Auto', 'Refuse', 'Allow'] as const;

const identities = z
  .strictObject({
    writeStatus: usernames().describe('Who writes the status of requests: the controller and the enforcement points.'),
    openForOthers: usernames().describe(
      'Who opens a request whose requester is somebody else: the enforcement points.',
    ),
    retention: usernames().describe('Who deletes requests and votes when their time is over.'),
    voteOnBehalf: z
      .strictObject({
        slack: usernames().describe('Whose votes are those of Slack users.'),
        console: usernames().describe('Whose votes are those of people signed in to the console.'),
      })
      .prefault({})
      .describe('Who votes for others, by channel: the notify role for Slack, the console for itself.'),
    impersonation: z
      .enum(IMPERSONATION)
      .default('Auto')
      .describe(
        'Refuse: a vote without the credential id of whoever cast it is refused, and a request without one says so. Auto: so where the API server gives us one. Allow: never.',
      ),
  })
  .prefault({})
  .describe(
    'Kubernetes usernames of our own processes. Nobody else has these capabilities, whatever RBAC says. An empty list means the identity of this very process.',
  );

const webhookLimits = z
  .strictObject({
    bodyBytes: bytes(
      mebibytes(7),
      'A review carries object and oldObject of up to 3 MiB each, which the API server allows, and an envelope.',
    ),
    inFlightBytes: bytes(
      mebibytes(64),
      'Bodies held at once over all connections; with parsing it stays inside a container of 512 MiB.',
    ),
    headerBytes: bytes(64 * 1024, 'The API server sends a few hundred bytes; the certificate is not among them.'),
    bodySeconds: seconds(60, 5, 'A body arrives in one go; a slow one is a slow-loris, not an API server.'),
    connections: count(
      65_536,
      1024,
      'An API server keeps 25 idle connections and opens more in a burst; each costs memory before it authenticates.',
    ),
    drainSeconds: seconds(
      300,
      31,
      'A held CONNECT review may take the 30 s of its webhook entry; terminationGracePeriodSeconds must be longer.',
    ),
    lingerSeconds: seconds(60, 3, 'Endpoint lists lag behind a pod that stops; until then requests still arrive.'),
  })
  .prefault({})
  .refine((limits) => limits.inFlightBytes >= limits.bodyBytes, {
    path: ['inFlightBytes'],
    error: 'must be at least bodyBytes, or no body of that size could ever be read',
  });

const webhook = z
  .strictObject({
    listen: z
      .strictObject({
        host: host().default('0.0.0.0').describe('Address of the TLS listener; `::` where pods have IPv6 only.'),
        port: listenPort().default(8443).describe('Port of the TLS listener.'),
      })
      .prefault({}),
    service: z
      .strictObject({
        namespace: dnsLabel().optional().describe('Namespace of the Service; without it the system namespace.'),
        name: dnsLabel().default('sallyport').describe('The Service through which the API server reaches us.'),
        port: z.int().min(1).max(65_535).default(443).describe('Port of the Service.'),
      })
      .prefault({}),
    url: z
      .url({ protocol: /^https$/, error: 'must be an https URL' })
      .refine((url) => !/[@?#]/.test(url), 'must have no user, query or fragment (as in a webhook clientConfig)')
      .optional()
      .describe('Used instead of the Service by a process outside the cluster.'),
    clientAuthority: path()
      .optional()
      .describe(
        'PEM file of the authority that signed the client certificate of the API server. With it only callers with such a certificate are answered; without it only those that know the secret in the path.',
      ),
    clientNames: usernames().describe('Common names of the certificates that may call; with `clientAuthority` only.'),
    pathSecretHours: count(
      720,
      1,
      'How often the secret in the path is changed: an API server that cannot reach us quotes the path in its error.',
    ),
    limits: webhookLimits,
  })
  .refine(({ clientAuthority, clientNames }) => (clientAuthority === undefined) === (clientNames.length === 0), {
    path: ['clientNames'],
    error: 'must be given with clientAuthority, and not without it',
  })
  .prefault({});

const controller = z
  .strictObject({
    leaseName: dnsSubdomain()
      .default('sallyport-controller')
      .describe('The Lease that elects the one that works. The Roles in deploy/ name it: change it there too.'),
    leaseSeconds: seconds(300, 15, 'How long the others wait for a holder that is silent (as in client-go).'),
    workers: count(64, 4, 'Objects reconciled at once; each may have one write in flight at the API server.'),
    retentionDays: count(3650, 30, 'Ended requests stay visible to kubectl this long; the ledger keeps them longer.'),
  })
  .prefault({});

/** The configuration of one process. Every limit has a default and says why it is what it is. */
export const configSchema = z
  .strictObject({
    kubeconfig: z
      .string()
      .min(1)
      .max(4096)
      .optional()
      .describe('Path of a kubeconfig; without it the ServiceAccount of the pod.'),
    systemNamespace: dnsLabel()
      .default('sallyport-system')
      .describe('Where our own objects live, and requests for what has no namespace.'),
    roles: z
      .array(z.enum(ROLES))
      .min(1)
      .max(ROLES.length)
      .refine((roles) => new Set(roles).size === roles.length, 'must not name a role twice')
      .default([...ROLES])
      .describe('What this process does.'),
    identities,
    webhook,
    health: z
      .strictObject({
        host: host().default('0.0.0.0').describe('Address of the plain listener for probes and metrics.'),
        port: listenPort().default(8080).describe('Port of the plain listener for probes and metrics.'),
      })
      .prefault({}),
    controller,
    requests: z
      .strictObject({
        pendingPerRequester: count(1000, 50, 'One person, or one runaway script, must not flood the approvers.'),
        pendingInAll: count(100_000, 5_000, 'Each costs etcd and every replica a few kilobytes; nobody reads more.'),
        cancelledPerRequesterADay: count(
          10_000,
          50,
          'Each is stored for weeks, and nobody but its requester ends it: whoever asks and cancels would fill etcd alone.',
        ),
        heldPerRequester: count(
          1000,
          20,
          'One person runs a handful of commands at once; a script is refused at once instead.',
        ),
        heldInAll: count(10_000, 200, 'Each held command is an open call of the API server to us.'),
      })
      .prefault({})
      .describe(
        'How many requests may be Pending, and how many commands may be held, at once, and how many cancelled (rule R14).',
      ),
    notify: notify.describe('How people are told; a policy says who.'),
    console: consoleConfig.optional().describe('The web console.'),
    audit: auditConfig.optional().describe("Evidence: the ledger and the API server's audit events."),
    recorder: recorderConfig
      .optional()
      .describe('Of a process with the role webhook and without a ledger of its own: where records of decisions go.'),
    logLevel: z
      .enum(['debug', 'info', 'warn', 'error', 'silent'])
      .default('info')
      .describe('The least that is logged.'),
  })
  .refine(
    ({ roles, audit, recorder }) =>
      audit === undefined || recorder !== undefined || !roles.includes('webhook') || roles.includes('audit'),
    {
      path: ['recorder'],
      error: 'must be given: there is a ledger, and this process has the role webhook, and not audit',
    },
  )
  .superRefine(({ audit, notify: channels }, context) => {
    for (const { path: at, message } of unheardAlarms(audit, channels))
      context.addIssue({ code: 'custom', path: ['audit', 'detectors', 'notify', ...at], message });
  })
  .superRefine(({ audit, recorder }, context) => {
    const pair = overlapping([
      { field: 'audit.ledger.directory', directory: audit?.ledger.directory },
      { field: 'audit.index.sqlite.directory', directory: audit?.index?.sqlite?.directory },
      { field: 'recorder.spoolDirectory', directory: recorder?.spoolDirectory },
    ]);
    if (pair === undefined) return;
    const [outer, inner] = pair;
    const message = `must neither be nor hold that of ${inner.field}: what one makes or removes there is the other's`;
    context.addIssue({ code: 'custom', path: outer.field.split('.'), message });
  });

export type Config = z.output<typeof configSchema>;

/** For the reference page and for editors. */
export function configJsonSchema(): object {
  return z.toJSONSchema(configSchema, { io: 'input' });
}
