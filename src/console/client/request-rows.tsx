import type { VNode } from 'preact';
import { useEffect, useId, useLayoutEffect, useRef } from 'preact/hooks';
import type { RequestRow } from '../api.ts';
import { Countdown, Time } from './clock.tsx';
import { useConsole } from './console-context.ts';
import { Link } from './link.tsx';
import { StateBadge } from './state-badge.tsx';
import { Text } from './text.tsx';

export function RequestRows({ items }: { items: readonly RequestRow[] }): VNode {
  const list = useRef<HTMLUListElement>(null);
  useKeptFocus(list, items);
  useReturn(list);
  return (
    <ul class="rows" ref={list}>
      {items.map((item) => (
        <Row key={item.uid} item={item} />
      ))}
    </ul>
  );
}

function Row({ item }: { item: RequestRow }): VNode {
  const { namespace, name, requester } = item;
  const why = useId();
  return (
    <li class="row" data-uid={item.uid}>
      <StateBadge state={item.state} />
      <div class="row-what">
        <Link to={{ page: 'Request', namespace, name }} class="row-link" uid={item.uid} describedBy={why}>
          <code>
            <Text>{item.action}</Text>
          </code>{' '}
          <span class="on">on</span>{' '}
          <code>
            <Text>{item.target}</Text>
          </code>
        </Link>
        <p class="row-why" id={why}>
          <span class="who">
            <Text>{requester.person ?? requester.username}</Text>
          </span>
          <Time at={item.createdAt} />
          <span>
            in <Text>{namespace}</Text>
          </span>
          {requester.class === 'Human' ? null : <span class="tag">{requester.class}</span>}
          {item.breakGlass ? <span class="tag warn">break glass</span> : null}
          {item.mine ? <span class="tag">yours</span> : null}
          {item.ticket === undefined ? null : (
            <span class="tag">
              <Text>{item.ticket}</Text>
            </span>
          )}
          {item.reason === undefined ? null : (
            <q>
              <Text>{item.reason}</Text>
            </q>
          )}
        </p>
      </div>
      <div class="row-when">
        {item.state === 'Pending' ? <span>{item.approvals} approved</span> : null}
        {item.expiresAt !== undefined && (item.state === 'Pending' || item.state === 'Approved') ? (
          <Countdown until={item.expiresAt} what="expires" />
        ) : null}
      </div>
    </li>
  );
}

/** Who stood on a row that has gone stands on the one in its place, not at the beginning of the page. */
function useKeptFocus(list: { current: HTMLUListElement | null }, items: readonly RequestRow[]): void {
  const stoodOn = useRef<number | undefined>(undefined);
  useEffect(() => {
    const remember = (): void => {
      const row = document.activeElement?.closest('li.row');
      const at = row === null || row === undefined ? -1 : rowsOf(list.current).indexOf(row);
      stoodOn.current = at === -1 ? undefined : at;
    };
    document.addEventListener('focusin', remember);
    return () => document.removeEventListener('focusin', remember);
  }, [list]);
  useLayoutEffect(() => {
    if (stoodOn.current === undefined || document.activeElement !== document.body) return;
    const rows = rowsOf(list.current);
    rows[Math.min(stoodOn.current, rows.length - 1)]?.querySelector('a')?.focus();
  }, [list, items]);
}

/** Back from a request, the focus is on its row again. */
function useReturn(list: { current: HTMLUListElement | null }): void {
  const { lastOpened, focusHeading } = useConsole();
  useEffect(() => {
    const row = rowsOf(list.current).find((each) => each.getAttribute('data-uid') === lastOpened.current);
    if (lastOpened.current === undefined || row === undefined) return;
    lastOpened.current = undefined;
    focusHeading.current = false;
    row.querySelector('a')?.focus();
  }, [list, lastOpened, focusHeading]);
}

function rowsOf(list: HTMLUListElement | null): Element[] {
  return [...(list?.querySelectorAll('li.row') ?? [])];
}
