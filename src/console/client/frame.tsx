import type { VNode } from 'preact';
import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Me, RequestList } from '../api.ts';
import { after } from './after.ts';
import type { Api } from './api-client.ts';
import { Announcements } from './announcements.tsx';
import { BacktestPage } from './backtest-page.tsx';
import { ConsoleProvider } from './console-context.ts';
import { EvidencePage } from './evidence-page.tsx';
import { HelpDialog } from './help-dialog.tsx';
import { ListPage } from './list-page.tsx';
import { Banners } from './banners.tsx';
import { RequestPage } from './request-page.tsx';
import { TopBar } from './top-bar.tsx';
import { UnknownPage } from './unknown-page.tsx';
import { useFeed } from './use-feed.ts';
import { type Loaded, useResource } from './use-resource.ts';
import type { Route } from './route.ts';
import { useRoute } from './use-route.ts';
import { useShortcuts } from './use-shortcuts.ts';

/** A timer of a browser holds no longer than 24.8 days. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Nothing in the stream says that the people map can be read again. */
const MAP_AWAY_MS = 3_000;

interface Props {
  readonly api: Api;
  readonly me: Me;
  /** Must not change from one rendering to the next. */
  readonly onMe: (me: Me) => void;
  readonly onEnded: () => void;
  readonly onLeft: () => void;
}

/** What is around every page of who is signed in: where one is, what waits, whether it is live. */
export function Frame({ api, me, onMe, onEnded, onLeft }: Props): VNode {
  const { route, go, focusHeading } = useRoute();
  const { connection, staleSince, subscribe } = useFeed(api);
  const [announcement, announce] = useState('');
  const lastOpened = useRef<string | undefined>(undefined);
  const help = useRef<HTMLDialogElement>(null);
  const shortcuts = useShortcuts(useCallback(() => help.current?.showModal(), []));
  const waiting = useResource('waiting', () => api.list('waiting', {}), subscribe, everything);
  useMoreAnnounced(waiting, announce);
  useKnownAgain(api, me, onMe);

  useEffect(
    () => after(Math.min(LONGEST_TIMER_MS, Math.max(0, Date.parse(me.expiresAt) - Date.now())), onEnded),
    [me.expiresAt, onEnded],
  );

  async function leave(): Promise<void> {
    const answer = await api.signOut(me.csrfToken);
    if (!answer.ok && answer.status !== 401) {
      announce(`You are still signed in: ${answer.problem.message}`);
      return;
    }
    onLeft();
    if (answer.ok && /^https?:/.test(answer.value.to)) window.location.assign(answer.value.to);
  }

  const context = useMemo(
    () => ({ api, me, route, go, subscribe, announce, lastOpened, focusHeading }),
    [api, me, route, go, subscribe, focusHeading],
  );
  const total = waiting.value?.total ?? 0;
  return (
    <ConsoleProvider value={context}>
      <a class="skip" href="#content">
        Skip to the content
      </a>
      <TopBar
        waiting={total}
        connection={connection}
        onHelp={() => help.current?.showModal()}
        onLeave={() => void leave()}
      />
      <Announcements text={announcement} onDismiss={() => announce('')} />
      <Banners me={me} staleSince={staleSince ?? waiting.value?.staleSince} />
      <main id="content" tabIndex={-1}>
        <Page route={route} waiting={waiting} />
      </main>
      <HelpDialog dialog={help} {...shortcuts} />
    </ConsoleProvider>
  );
}

function Page({ route, waiting }: { route: Route; waiting: Loaded<RequestList> }): VNode {
  const total = waiting.value?.total ?? 0;
  switch (route.page) {
    case 'List':
      return <ListPage key={route.view} view={route.view} filters={route.filters} waiting={waiting} />;
    case 'Request':
      return (
        <RequestPage
          key={`${route.namespace}/${route.name}`}
          namespace={route.namespace}
          name={route.name}
          total={total}
        />
      );
    case 'Evidence':
      return <EvidencePage filters={route.filters} total={total} />;
    case 'Backtest':
      return <BacktestPage total={total} />;
    case 'Unknown':
      return <UnknownPage total={total} />;
  }
}

function everything(): boolean {
  return true;
}

/** Says it when more waits than before: the list may be out of sight, or on another page. */
function useMoreAnnounced({ value }: Loaded<RequestList>, announce: (text: string) => void): void {
  const before = useRef<number | undefined>(undefined);
  const total = value?.total;
  useEffect(() => {
    if (total !== undefined && before.current !== undefined && total > before.current) {
      const more = total - before.current;
      announce(more === 1 ? 'One more request waits for you.' : `${more} more requests wait for you.`);
    }
    if (total !== undefined) before.current = total;
  }, [total, announce]);
}

/** While nobody can tell who they are, that is asked again. */
function useKnownAgain(api: Api, { mapAway }: Me, onMe: (me: Me) => void): void {
  useEffect(() => {
    if (mapAway !== true) return;
    let over = false;
    const timer = setInterval(() => {
      void api.me().then((answer) => {
        if (answer.ok && answer.value.mapAway !== true && !over) onMe(answer.value);
      });
    }, MAP_AWAY_MS);
    return () => {
      over = true;
      clearInterval(timer);
    };
  }, [api, mapAway, onMe]);
}
