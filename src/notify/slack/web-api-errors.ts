/** Slack's words for a failure of its own: docs.slack.dev/reference/methods/chat.postMessage, under Errors. */
export const TRANSIENT: ReadonlySet<string> = new Set([
  'accesslimited',
  'fatal_error',
  'internal_error',
  'message_limit_exceeded',
  'rate_limited',
  'ratelimited',
  'request_timeout',
  'service_unavailable',
  'team_added_to_org',
]);

const BOT_TOKEN = 'put a valid bot token into notify.slack.botTokenFile and restart';
const INVITE = 'write the name of a channel that exists, and invite the app to it (/invite)';

const ADVICE: Readonly<Record<string, string>> = {
  account_inactive: BOT_TOKEN,
  cannot_dm_bot: 'the people map names a bot as somebody',
  channel_not_found: INVITE,
  invalid_auth: BOT_TOKEN,
  is_archived: 'the channel is archived: name another one in the policy',
  missing_scope: 'install the app anew with the scopes of its manifest',
  no_permission: 'install the app anew with the scopes of its manifest',
  not_allowed_token_type: BOT_TOKEN,
  not_authed: BOT_TOKEN,
  not_in_channel: INVITE,
  restricted_action: 'the workspace does not let the app post there',
  token_expired: BOT_TOKEN,
  token_revoked: BOT_TOKEN,
  user_disabled: 'their Slack account is deactivated: correct the people map',
  user_not_found: 'the people map names a Slack user that does not exist',
};

/** What to do about it, as the end of a sentence. */
export function adviceOf(slackError: string): string {
  const advice = ADVICE[slackError];
  return advice === undefined ? '' : ` (${advice})`;
}
