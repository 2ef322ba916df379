import { NO_SURROUNDINGS } from '../../../src/core/notice/surroundings.ts';
import type { ApprovalRequest } from '../../../src/core/api/kinds.ts';
import { createPeople, type PersonEntry } from '../../../src/core/people/people.ts';
import { createSlack, type Slack as OurSlack } from '../../../src/notify/slack/create-slack.ts';
import { systemClock } from '../../../src/platform/clock/system-clock.ts';
import type { Logger } from '../../../src/platform/telemetry/logger.ts';
import { createMetrics, type Metrics } from '../../../src/platform/telemetry/metrics.ts';
import { Secret } from '../../../src/platform/telemetry/redact.ts';
import type { Clock } from '../../../src/ports/clock.ts';
import { FakeActs } from '../../../src/ports/fake-acts.ts';
import { execRequest, type Parts } from '../../builders/exec-request.ts';
import { eventually } from '../eventually.ts';
import { deliveryOf } from './deliveries.ts';
import { visibleText } from './seen.ts';
import { type Slack, startSlack } from './start-slack.ts';
import { addUser, type Message } from './workspace.ts';

export type Mode = 'Socket' | 'Http';

/** A Slack of bob and some strange people, and Sallyport's side of it, by either way. */
export interface SlackWorld extends AsyncDisposable {
  readonly slack: Slack;
  readonly ours: OurSlack;
  readonly acts: FakeActs;
  readonly requests: Map<string, ApprovalRequest>;
  readonly logged: string[];
  readonly metrics: Metrics;
  /** Opens a request, posts it, and records where, as the notify role does. */
  post(parts?: Parts, destination?: string): Promise<Message>;
  /** The last thing that a user was answered, once there is one more than before. */
  answered(user: string, before?: number): Promise<string>;
}

const ALICE: PersonEntry = {
  person: 'alice',
  usernames: ['alice'],
  emails: [],
  slack: ['T0EXAMPLE/U0ALICE'],
  groups: [],
  agents: [],
};

export async function slackWorld(
  mode: Mode,
  {
    clock = systemClock,
    away = false,
    port = 0,
  }: { readonly clock?: Clock; readonly away?: boolean; readonly port?: number } = {},
): Promise<SlackWorld> {
  const slack = await startSlack({ now: () => clock.now() });
  slack.api.rates.enabled = false;
  if (away) slack.api.faults.set('*', { kind: 'Status', status: 503 });
  addUser(slack.workspace, { id: 'U0BOB', name: 'bob' });
  addUser(slack.workspace, { id: 'U0ALICE', name: 'alice' });
  const acts = new FakeActs();
  const requests = new Map<string, ApprovalRequest>();
  const logged: string[] = [];
  const write = (fields: object, message: string): void => void logged.push(`${message} ${JSON.stringify(fields)}`);
  const log: Logger = { debug: write, info: write, warn: write, error: write };
  const metrics = createMetrics({ processMetrics: false });
  const people = createPeople({ people: [ALICE], templates: [] });
  const signingSecret = new Secret(slack.signingSecret);
  const ours = createSlack(
    {
      botToken: new Secret(slack.botToken),
      mode:
        mode === 'Socket'
          ? { kind: 'Socket', appToken: new Secret(slack.appToken) }
          : { kind: 'Http', signingSecret, host: '127.0.0.1', port },
      teams: [slack.workspace.team, 'E0GRID'],
      apiUrl: slack.apiUrl,
      intervalMs: 1_000,
    },
    {
      acts,
      people: { now: () => people },
      requestOf: (namespace, name) => requests.get(`${namespace}/${name}`),
      linkOf: () => undefined,
      surroundingsOf: () => NO_SURROUNDINGS,
      clock,
      log,
      metrics,
      random: () => 0,
    },
  );
  const stop = new AbortController();
  const running = ours.listener.run(stop.signal);
  await eventually(
    () => (away ? logged.some((line) => line.startsWith('no connection')) : ours.listener.ready()),
    'a connection to Slack, or that there is none',
  );
  if (mode === 'Http') {
    const port = /"port":(\d+)/.exec(logged.find((line) => line.startsWith('listening')) ?? '')?.[1];
    slack.requestUrl = `http://127.0.0.1:${port}/slack/events`;
  }

  return {
    slack,
    ours,
    acts,
    requests,
    logged,
    metrics,
    post: async (parts, destination = '#prod-access') => {
      const request: ApprovalRequest = execRequest(parts);
      const { handle } = await ours.channel.deliver(deliveryOf(request, { destination }), stop.signal);
      const notifications = [
        { channel: `Slack ${destination}`, told: ['Asked'], ...(handle === undefined ? {} : { handle }) },
      ];
      requests.set(`prod/${request.metadata.name}`, { ...request, status: { ...request.status, notifications } });
      const message = (destination === '@requester' ? slack.directMessages('U0ALICE') : slack.messages(destination)).at(
        -1,
      );
      if (message === undefined) throw new Error('nothing was posted');
      return message;
    },
    answered: async (user, before = 0) => {
      await eventually(() => slack.ephemerals(user).length > before, `an answer to ${user}`);
      return visibleText(slack.ephemerals(user).at(-1)?.blocks ?? []);
    },
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await running;
      await slack[Symbol.asyncDispose]();
    },
  };
}
