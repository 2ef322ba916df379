import type { Button } from './block-kit.ts';
import { issueTrigger } from './methods.ts';
import { findButton } from './seen.ts';
import type { Message, OpenView, User, Workspace } from './workspace.ts';

/** docs.slack.dev/reference/interaction-payloads/block_actions-payload, of a button in a message. */
export function blockActions(workspace: Workspace, user: User, message: Message, button: Button, now: number): object {
  const channel = workspace.channels.get(message.channel);
  return {
    type: 'block_actions',
    ...envelope(workspace, user),
    container: { type: 'message', message_ts: message.ts, channel_id: message.channel, is_ephemeral: false },
    trigger_id: issueTrigger(workspace, user.id, now),
    channel: { id: message.channel, name: channel?.name },
    message: {
      type: 'message',
      user: workspace.botUser,
      bot_id: workspace.botId,
      app_id: workspace.app,
      ts: message.ts,
      text: message.text,
      blocks: message.blocks,
      metadata: message.metadata,
      team: workspace.team,
    },
    state: { values: {} },
    response_url: `https://hooks.slack.com/actions/${workspace.team}/1/abc`,
    actions: [
      {
        type: 'button',
        action_id: button.action_id,
        block_id: findButton(message.blocks, button.action_id ?? '')?.block.block_id ?? 'x1',
        text: button.text,
        ...(button.value === undefined ? {} : { value: button.value }),
        ...(button.style === undefined ? {} : { style: button.style }),
        action_ts: `${now / 1_000}`,
      },
    ],
  };
}

/** docs.slack.dev/reference/interaction-payloads/view-interactions-payload */
export function viewSubmission(
  workspace: Workspace,
  user: User,
  { id, hash, view }: OpenView,
  values: Readonly<Record<string, string>>,
): object {
  const inputs = view.blocks.flatMap((block) => (block.type === 'input' ? [block] : []));
  const state = inputs.map((block) => [
    block.block_id,
    { [block.element.action_id ?? '']: { type: block.element.type, value: values[block.block_id ?? ''] ?? null } },
  ]);
  return {
    type: 'view_submission',
    ...envelope(workspace, user),
    trigger_id: `1.${workspace.team}.view`,
    view: {
      id,
      hash,
      team_id: workspace.team,
      app_id: workspace.app,
      bot_id: workspace.botId,
      root_view_id: id,
      previous_view_id: null,
      external_id: '',
      private_metadata: '',
      callback_id: '',
      ...view,
      state: { values: Object.fromEntries(state) },
    },
    response_urls: [],
  };
}

function envelope(workspace: Workspace, user: User): object {
  return {
    team: { id: workspace.team, domain: 'example' },
    user: { id: user.id, username: user.name, name: user.name, team_id: user.team_id },
    api_app_id: workspace.app,
    token: 'legacy-verification-token',
    enterprise: user.enterprise_user === undefined ? null : { id: user.enterprise_user.enterprise_id, name: 'Example' },
    is_enterprise_install: false,
  };
}
