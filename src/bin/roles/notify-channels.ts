import { readFile } from 'node:fs/promises';
import { createEmailChannel } from '../../notify/email/create-email-channel.ts';
import type { Announcer, Channel } from '../../notify/channel.ts';
import { createTeamsChannel } from '../../notify/teams/create-teams-channel.ts';
import { createWebhookChannel, type WebhookDestination } from '../../notify/webhook/create-webhook-channel.ts';
import type { Config } from '../../platform/config/schema.ts';
import type { Process } from '../process.ts';
import { readSecretFile } from './secret-file.ts';

/**
 * The channels that only tell, as they are configured. Files are read at each delivery: whoever rotates
 * a secret restarts nothing, and one that is missing delays messages, not the gate in the same process.
 */
export function tellingChannels({ config, clock }: Pick<Process, 'config' | 'clock'>): (Channel & Announcer)[] {
  const { email, teams, webhooks } = config.notify;
  return [
    ...(email === undefined ? [] : [emailChannel(email)]),
    ...(teams.length === 0
      ? []
      : [createTeamsChannel(teams.map(({ name, urlFile }) => ({ name, url: () => readSecretFile(urlFile) })))]),
    ...(webhooks.length === 0
      ? []
      : [createWebhookChannel({ destinations: webhookDestinations(webhooks), source: sourceOf(config) }, clock)]),
  ];
}

function emailChannel(email: NonNullable<Config['notify']['email']>): Channel & Announcer {
  const { host, port, tls, caFile, user, passwordFile, from, timeoutSeconds } = email;
  return createEmailChannel({
    host,
    port,
    tls,
    from,
    timeoutMs: timeoutSeconds * 1000,
    ...(caFile === undefined ? {} : { ca: () => readFile(caFile, 'utf8') }),
    ...(user === undefined || passwordFile === undefined
      ? {}
      : { login: { user, password: () => readSecretFile(passwordFile) } }),
  });
}

function webhookDestinations(webhooks: Config['notify']['webhooks']): WebhookDestination[] {
  return webhooks.map(({ name, url, secretFile, caFile }) => ({
    name,
    url,
    secret: () => readSecretFile(secretFile),
    ...(caFile === undefined ? {} : { ca: () => readFile(caFile, 'utf8') }),
  }));
}

/** CloudEvents wants a URI; which Sallyport it was is told by its console, where there is one. */
function sourceOf({ console, systemNamespace }: Config): string {
  return console?.url ?? `urn:sallyport:${systemNamespace}`;
}
