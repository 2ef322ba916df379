import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../../harness/eventually.ts';
import { visibleText } from '../../harness/slack/seen.ts';
import { type Slack, startSlack } from '../../harness/slack/start-slack.ts';
import { addUser, type Message } from '../../harness/slack/workspace.ts';
import { changedConfig, type Written } from './changed-config.ts';

/** Sallyport, configured for a Slack at the wire in Socket Mode, with the people of the people map in it. */
export interface WithSlack extends AsyncDisposable {
  readonly slack: Slack;
  /** The messages in `#prod-access` that speak of something, such as a namespace. */
  about(text: string): readonly Message[];
  /** The one message, once it says `text`. */
  saying(about: string, text: string, withinMs?: number): Promise<Message>;
  answered(user: string, before: number): Promise<string>;
}

const CONNECT_MS = 30_000;
const SAY_MS = 20_000;

/** The workspace of `playgroundPeople`. */
const TEAM = 'T0SALLYPORT';

/** @param change what is to be different besides, under the same restart */
export async function withSlack(change: (config: Written) => object = (config) => config): Promise<WithSlack> {
  const slack = await startSlack({ team: TEAM });
  for (const name of ['alice', 'bob', 'carol', 'mallory', 'leaver'])
    addUser(slack.workspace, { id: `U0${name.toUpperCase()}`, name });
  const secrets = await mkdtemp(join(tmpdir(), 'sallyport-slack-'));
  const [botTokenFile, appTokenFile] = [join(secrets, 'bot-token'), join(secrets, 'app-token')];
  await writeFile(botTokenFile, `${slack.botToken}\n`, { mode: 0o600 });
  await writeFile(appTokenFile, `${slack.appToken}\n`, { mode: 0o600 });
  const ours = { mode: 'Socket', botTokenFile, appTokenFile, teams: [TEAM], apiUrl: slack.apiUrl };
  const restore = await changedConfig((config) => change({ ...config, notify: { ...config.notify, slack: ours } }));
  await eventually(() => slack.socket.connections() > 0, 'a connection to Slack', CONNECT_MS);

  const about = (text: string) =>
    slack.messages('#prod-access').filter((message) => visibleText(message.blocks).includes(text));
  return {
    slack,
    about,
    saying: async (subject, text, withinMs = SAY_MS) => {
      const found = () => about(subject).find((message) => visibleText(message.blocks).includes(text));
      await eventually(() => found() !== undefined, `a message about ${subject} saying ${text}`, withinMs);
      return found() as Message;
    },
    answered: async (user, earlier) => {
      await eventually(() => slack.ephemerals(user).length > earlier, `an answer to ${user}`, SAY_MS);
      return visibleText(slack.ephemerals(user).at(-1)?.blocks ?? []);
    },
    [Symbol.asyncDispose]: async () => {
      await restore();
      await slack[Symbol.asyncDispose]();
      await rm(secrets, { recursive: true });
    },
  };
}
