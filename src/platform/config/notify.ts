import { z } from 'zod';
import { count, dnsSubdomain, host, httpsUrl, listenPort, path, seconds } from './fields.ts';

/** A file with one secret in it; its trailing newline is not part of it. Secrets never stand in the configuration. */
const secretFile = path;

export const slack = z
  .strictObject({
    mode: z
      .enum(['Socket', 'Http'])
      .default('Socket')
      .describe('Socket: we connect to Slack, nothing listens. Http: Slack calls us.'),
    botTokenFile: secretFile().describe('File with the bot token (xoxb-…).'),
    appTokenFile: secretFile().optional().describe('File with the app-level token (xapp-…); for mode Socket.'),
    signingSecretFile: secretFile().optional().describe('File with the signing secret; for mode Http.'),
    listen: z
      .strictObject({
        host: host().default('0.0.0.0').describe('Its address.'),
        port: listenPort().default(8444).describe('Its port.'),
      })
      .prefault({})
      .describe('Plain HTTP behind your ingress, for mode Http; only /slack/events is served.'),
    teams: z
      .array(z.string().regex(/^[TE][A-Z0-9]{2,20}$/, 'must be the id of a workspace, such as T0123ABCD'))
      .min(1)
      .max(16)
      .describe('Workspaces whose members may vote. Nobody else can, whatever is signed.'),
    apiUrl: httpsUrl().default('https://slack.com/api/').describe('For a proxy in front of Slack.'),
    intervalSeconds: seconds(60, 1, 'Slack takes one message a second for each channel.'),
    directMessages: z.boolean().default(true).describe('Whether requesters get a direct message.'),
  })
  .refine(({ mode, appTokenFile }) => mode !== 'Socket' || appTokenFile !== undefined, {
    path: ['appTokenFile'],
    error: 'must be given for mode Socket',
  })
  .refine(({ mode, signingSecretFile }) => mode !== 'Http' || signingSecretFile !== undefined, {
    path: ['signingSecretFile'],
    error: 'must be given for mode Http',
  });

export const email = z
  .strictObject({
    host: host().describe('Of the SMTP server.'),
    port: z.int().min(1).max(65_535).default(587).describe('587 is submission with STARTTLS (RFC 6409).'),
    tls: z
      .enum(['StartTls', 'Implicit', 'None'])
      .default('StartTls')
      .describe('StartTls is required, not merely tried. None is for a relay on this machine.'),
    caFile: path().optional().describe('PEM of the authority of the server, where it is not a public one.'),
    user: z.string().min(1).max(256).optional().describe('To log in with; needs passwordFile.'),
    passwordFile: secretFile().optional().describe('File with the password of the user.'),
    from: z
      .string()
      .max(320)
      .regex(/^(?:[^<>@\r\n]*<[^\s@<>,;]+@[^\s@<>,;]+>|[^\s@<>,;]+@[^\s@<>,;]+)$/, 'must be an address')
      .describe('Address of the sender; `Name <address>` does too.'),
    timeoutSeconds: seconds(120, 20, 'A mail server may greylist; nobody waits for it.'),
  })
  .refine(({ user, passwordFile }) => (user === undefined) === (passwordFile === undefined), {
    path: ['passwordFile'],
    error: 'must be given with user, and only with it',
  })
  .refine(({ tls, user }) => tls !== 'None' || user === undefined, {
    path: ['tls'],
    error: 'must not be None where there is a password to send',
  })
  .refine(({ tls, host: name }) => tls !== 'None' || /^(127\.\d+\.\d+\.\d+|::1|localhost)$/.test(name), {
    path: ['tls'],
    error: 'must not be None but for a relay on this machine (localhost, 127.0.0.1, ::1)',
  });

const named = z.string().regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, 'must be a DNS label (RFC 1123)');
const NAME = 'As policies name it.';

/** Which of two is told would be anybody's guess. */
function areDistinct(all: readonly { readonly name: string }[]): boolean {
  return new Set(all.map(({ name }) => name)).size === all.length;
}

export const teams = z
  .array(
    z.strictObject({
      name: named.describe(NAME),
      urlFile: secretFile().describe('File with the URL of the workflow.'),
    }),
  )
  .max(32)
  .refine(areDistinct, 'must not have a name twice');

export const webhooks = z
  .array(
    z.strictObject({
      name: named.describe(NAME),
      url: httpsUrl().describe('Where its events are posted.'),
      secretFile: secretFile().describe('File with the signing secret (whsec_…, Standard Webhooks).'),
      caFile: path().optional().describe('PEM of the authority of the server, where it is not a public one.'),
    }),
  )
  .max(32)
  .refine(areDistinct, 'must not have a name twice');

export const notify = z
  .strictObject({
    slack: slack.optional(),
    email: email.optional(),
    teams: teams.default([]).describe('Microsoft Teams, by workflow webhook: `{kind: Teams, channel: NAME}`.'),
    webhooks: webhooks.default([]).describe('Anything else, by CloudEvents: `{kind: Webhook, channel: NAME}`.'),
    leaseName: dnsSubdomain()
      .default('sallyport-notify')
      .describe('Elects the one that tells. The Roles in deploy/ name it: change it there too.'),
    reminders: z
      .strictObject({
        afterShare: z.number().min(0.05).max(1).default(0.5).describe('Of the time of a request; 1 means never.'),
      })
      .prefault({})
      .describe('One quiet reminder to those who have not voted.'),
    attemptsSeconds: seconds(86_400, 3_600, 'How long a destination that does not answer is tried.'),
    queued: count(100_000, 20_000, 'Deliveries that wait at once; more are dropped, loudly.'),
  })
  .prefault({});
