import { type Backoff, backoffMs } from '../../core/api/backoff.ts';
import type { Change, Standing } from '../api.ts';

/** `Reconnecting`: what is shown may be old. `OutOfDate`: the server answers, and cannot reach the API server itself. */
export type Connection = 'Connecting' | 'Live' | 'Reconnecting' | 'OutOfDate';

/** What we use of the browser's EventSource. */
export interface Stream {
  addEventListener(type: 'open' | 'error', listener: () => void): void;
  addEventListener(type: 'change' | 'standing', listener: (event: { readonly data: unknown }) => void): void;
  close(): void;
}

export interface FollowOptions {
  readonly open: () => Stream;
  /** A change; `All` whenever some may have been missed. */
  readonly onChange: (change: Change | 'All') => void;
  readonly onConnection: (connection: Connection) => void;
  /** Since when the server has not reached the API server; undefined: it reaches it. */
  readonly onStale: (since: string | undefined) => void;
  /** Asked after a stream broke: a browser does not tell a broken stream from an ended session. */
  readonly signedIn: () => Promise<boolean>;
  /** Calls back after so many milliseconds; what it returns calls that off. */
  readonly after: (ms: number, callback: () => void) => () => void;
  /** From 0 to 1: pages that lost their server together shall not come back together. */
  readonly random: () => number;
}

const RECONNECT: Backoff = { baseMs: 1_000, capMs: 30_000 };

/** Follows the stream of changes, over every break of it, until what it returns is called. */
export function followChanges(options: FollowOptions): () => void {
  let stream: Stream | undefined;
  let callOff: (() => void) | undefined;
  let staleSince: string | undefined;
  let failures = 0;
  let stopped = false;

  function connect(): void {
    const current = options.open();
    stream = current;
    current.addEventListener('open', () => {
      if (stream !== current) return;
      failures = 0;
      options.onConnection(staleSince === undefined ? 'Live' : 'OutOfDate');
      // Of what changed since the last answer, or while nobody listened, nothing was heard.
      options.onChange('All');
    });
    current.addEventListener('change', ({ data }) => {
      if (stream === current) options.onChange(parseChange(data));
    });
    current.addEventListener('standing', ({ data }) => {
      if (stream !== current) return;
      const since = staleSinceOf(data);
      if (since === staleSince) return;
      staleSince = since;
      options.onStale(since);
      options.onConnection(since === undefined ? 'Live' : 'OutOfDate');
      options.onChange('All');
    });
    current.addEventListener('error', () => {
      if (stream === current) reconnect(current);
    });
  }

  function reconnect(broken: Stream): void {
    // The browser's own second attempt knows no backoff.
    broken.close();
    stream = undefined;
    options.onConnection('Reconnecting');
    failures += 1;
    callOff = options.after(backoffMs(RECONNECT, failures, options.random), () => {
      void options.signedIn().then((signedIn) => {
        if (signedIn && !stopped) connect();
      });
    });
  }

  options.onConnection('Connecting');
  connect();
  return () => {
    stopped = true;
    callOff?.();
    stream?.close();
    stream = undefined;
  };
}

/** What cannot be read may be about anything. */
function parseChange(data: unknown): Change | 'All' {
  try {
    const parsed = JSON.parse(String(data)) as Partial<Change> | null;
    return typeof parsed?.namespace === 'string' && typeof parsed.name === 'string'
      ? { namespace: parsed.namespace, name: parsed.name }
      : 'All';
  } catch {
    return 'All';
  }
}

function staleSinceOf(data: unknown): string | undefined {
  try {
    const parsed = JSON.parse(String(data)) as Partial<Standing> | null;
    return typeof parsed?.staleSince === 'string' ? parsed.staleSince : undefined;
  } catch {
    return undefined;
  }
}
