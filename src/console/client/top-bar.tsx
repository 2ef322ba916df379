import type { VNode } from 'preact';
import type { View } from '../api.ts';
import { useConsole } from './console-context.ts';
import type { Connection } from './follow-changes.ts';
import { Link } from './link.tsx';
import { Text } from './text.tsx';

const VIEW_NAMES: Readonly<Record<View, string>> = {
  waiting: 'Waiting for you',
  mine: 'Your requests',
  all: 'All',
};

const CONNECTION_WORDS: Readonly<Record<Connection, { word: string; title: string }>> = {
  Connecting: { word: 'Connecting', title: 'The stream of changes is being opened.' },
  Live: { word: 'Live', title: 'What changes is shown at once.' },
  OutOfDate: {
    word: 'Out of date',
    title: 'Sallyport cannot reach the API server: what is shown is what it knew last.',
  },
  Reconnecting: { word: 'Reconnecting', title: 'What is shown may be old; it is loaded anew once the server answers.' },
};

/** A month: who looks for an alarm was not there when it was raised. */
const ALARMS = { kind: 'Alarm', since: '30d' } as const;

interface Props {
  readonly waiting: number;
  readonly connection: Connection;
  readonly onHelp: () => void;
  readonly onLeave: () => void;
}

export function TopBar({ waiting, connection, onHelp, onLeave }: Props): VNode {
  const { me, route } = useConsole();
  const ofAlarms = route.page === 'Evidence' && route.filters.kind === ALARMS.kind;
  const { word, title } = CONNECTION_WORDS[connection];
  return (
    <header class="top">
      <span class="wordmark">Sallyport</span>
      <nav aria-label="Requests">
        {(Object.keys(VIEW_NAMES) as View[]).map((view) => (
          <Link
            key={view}
            to={{ page: 'List', view, filters: {} }}
            current={route.page === 'List' && route.view === view}
          >
            {VIEW_NAMES[view]}
            {view === 'waiting' && waiting > 0 ? (
              <span class="count">
                {waiting}
                <span class="unseen"> waiting</span>
              </span>
            ) : null}
          </Link>
        ))}
        {me.evidence === true ? (
          <Link to={{ page: 'Evidence', filters: {} }} current={route.page === 'Evidence' && !ofAlarms}>
            Evidence
          </Link>
        ) : null}
        {me.evidence === true ? (
          <Link to={{ page: 'Evidence', filters: ALARMS }} current={ofAlarms}>
            Alarms
          </Link>
        ) : null}
        {me.evidence === true ? (
          <Link to={{ page: 'Backtest' }} current={route.page === 'Backtest'}>
            Back-test
          </Link>
        ) : null}
      </nav>
      <div class="session">
        <span class={`connection ${connection.toLowerCase()}`} title={title}>
          {word}
        </span>
        <span class="who" title={`signed in as ${me.username}`}>
          <Text>{me.person ?? me.username}</Text>
        </span>
        <button type="button" class="quiet" onClick={onHelp}>
          Keys
        </button>
        <button type="button" class="quiet" onClick={onLeave}>
          Sign out
        </button>
      </div>
    </header>
  );
}
