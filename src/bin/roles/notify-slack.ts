import { requestLink } from '../../core/notice/build-notice.ts';
import { createSlack, type Slack, type SlackOptions } from '../../notify/slack/create-slack.ts';
import type { Config } from '../../platform/config/schema.ts';
import type { Process } from '../process.ts';
import { readSecretFile } from './secret-file.ts';

type SlackConfig = NonNullable<Config['notify']['slack']>;

/**
 * Slack as it is configured: its channel for the leader, its listener for every replica.
 *
 * @returns undefined where it is not configured
 * @throws where a secret cannot be read; Slack itself may be away
 */
export async function openSlack(process: Process): Promise<Slack | undefined> {
  const { config, view, people, acts, clock, log, metrics } = process;
  const { slack } = config.notify;
  if (slack === undefined) return undefined;
  const consoleUrl = config.console?.url;
  return createSlack(
    {
      botToken: await readSecretFile(slack.botTokenFile),
      mode: await modeOf(slack),
      teams: slack.teams,
      apiUrl: slack.apiUrl,
      intervalMs: slack.intervalSeconds * 1_000,
    },
    {
      acts,
      people,
      requestOf: (namespace, name) => view.requests.get(`${namespace}/${name}`),
      linkOf: (request) => (consoleUrl === undefined ? undefined : requestLink(consoleUrl, request)),
      surroundingsOf: process.surroundingsOf,
      clock,
      log,
      metrics,
      random: Math.random,
    },
  );
}

/** The configuration was checked: the mode has the secret that it needs. */
async function modeOf({ mode, appTokenFile, signingSecretFile, listen }: SlackConfig): Promise<SlackOptions['mode']> {
  if (mode === 'Socket' && appTokenFile !== undefined)
    return { kind: 'Socket', appToken: await readSecretFile(appTokenFile) };
  if (mode === 'Http' && signingSecretFile !== undefined)
    return { kind: 'Http', signingSecret: await readSecretFile(signingSecretFile), ...listen };
  throw new Error(`notify.slack has no secret for mode ${mode}`);
}
