import type { ServerResponse } from 'node:http';
import type { ApprovalRequest, ApprovalVote } from '../../core/api/kinds.ts';
import type { Logger } from '../../platform/telemetry/logger.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Watched } from '../../ports/watched.ts';
import type { Change, Standing } from '../api.ts';

export interface StreamLimits {
  /** Open streams in all. */
  readonly streams: number;
  /** Of one person: a page or two on each of their screens. */
  readonly streamsEach: number;
}

/** Whoever follows. */
export interface Follower {
  readonly username: string;
  readonly response: ServerResponse;
  /** Milliseconds since the epoch: the stream ends with the session. */
  readonly expiresAt: number;
  /** False once the session was ended before its time. */
  readonly stands: () => boolean;
  /** Whether they may see that something happened to this request. */
  readonly mayRead: (change: Change) => Promise<boolean>;
}

/** Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html): which request changed, never how. */
export interface ChangeStream extends Disposable {
  /** False where there is no room for one more; the response is untouched then. */
  follow(follower: Follower): boolean;
  readonly size: () => number;
}

export interface StreamPorts {
  readonly requests: Pick<Watched<ApprovalRequest>, 'onChange'>;
  readonly votes: Pick<Watched<ApprovalVote>, 'onChange'>;
  readonly standing: () => Standing;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Proxies close what is silent for a minute, and a page that hears nothing does not know whether it is connected. */
const HEARTBEAT_MS = 15_000;

/** How much later a page learns that the API server is away, or back. */
const STANDING_MS = 1_000;

/** Several writes of one decision are one change to whoever looks. */
const GATHER_MS = 100;

/** A reader that has not taken this much is gone, or wants to be waited for: it connects again. */
const BUFFERED_BYTES = 64 * 1024;

/** Keys of one gathering; when more change at once, everybody is told to look again. */
const GATHERED = 5_000;

export function createChangeStream(
  limits: StreamLimits,
  { requests, votes, standing, clock, log }: StreamPorts,
): ChangeStream {
  const followers = new Map<Follower, () => void>();
  let gathered = new Map<string, Change>();
  let scheduled: (() => void) | undefined;

  const changed = (change: Change) => {
    if (followers.size === 0) return;
    if (gathered.size < GATHERED) gathered.set(`${change.namespace}/${change.name}`, change);
    scheduled ??= clock.after(GATHER_MS, () => {
      const changes = [...gathered.values()];
      gathered = new Map();
      scheduled = undefined;
      for (const follower of followers.keys()) void tell(follower, changes);
    });
  };
  const stops = [
    requests.onChange((key) => {
      const [namespace = '', name = ''] = key.split('/');
      changed({ namespace, name });
    }),
    votes.onChange((_key, vote) => {
      if (vote !== undefined) changed({ namespace: vote.metadata.namespace ?? '', name: vote.spec.request });
    }),
  ];

  const end = (follower: Follower) => {
    followers.get(follower)?.();
    followers.delete(follower);
    follower.response.end();
  };

  async function tell(follower: Follower, changes: readonly Change[]): Promise<void> {
    // Once for all of them: a session is opened to look at it.
    if (followers.has(follower) && !follower.stands()) return end(follower);
    for (const change of changes) {
      if (!followers.has(follower)) return;
      if (await follower.mayRead(change).catch(() => false))
        write(follower, `event: change\ndata: ${JSON.stringify(change)}\n\n`);
    }
  }

  function write(follower: Follower, text: string): void {
    if (!followers.has(follower)) return;
    follower.response.write(text);
    if (follower.response.writableLength <= BUFFERED_BYTES) return;
    log.info({ username: follower.username }, 'a page that does not read its changes was dropped');
    followers.get(follower)?.();
    followers.delete(follower);
    follower.response.destroy();
  }

  let stood = '';
  let watching: (() => void) | undefined;
  /** While anybody follows. */
  function watchStanding(): void {
    watching ??= clock.after(STANDING_MS, () => {
      watching = undefined;
      if (followers.size === 0) return;
      const is = standingText();
      if (is !== stood) for (const follower of followers.keys()) write(follower, is);
      stood = is;
      watchStanding();
    });
  }
  const standingText = (): string => `event: standing\ndata: ${JSON.stringify(standing())}\n\n`;

  function beat(follower: Follower): void {
    if (!followers.has(follower)) return;
    if (clock.now() >= follower.expiresAt || !follower.stands()) return end(follower);
    write(follower, ': still here\n\n');
    schedule(follower);
  }

  function schedule(follower: Follower): void {
    if (!followers.has(follower)) return;
    const left = Math.max(0, follower.expiresAt - clock.now());
    followers.set(
      follower,
      clock.after(Math.min(HEARTBEAT_MS, left), () => beat(follower)),
    );
  }

  return {
    follow: (follower) => {
      const theirs = [...followers.keys()].filter(({ username }) => username === follower.username);
      if (followers.size >= limits.streams || theirs.length >= limits.streamsEach) return false;
      followers.set(follower, () => {});
      follower.response.once('close', () => {
        followers.get(follower)?.();
        followers.delete(follower);
      });
      follower.response.writeHead(200, {
        'Content-Type': 'text/event-stream; charset=utf-8',
        'X-Accel-Buffering': 'no',
      });
      // Whoever connects again has missed something: they look anew by themselves.
      const is = standingText();
      follower.response.write(`retry: 3000\n\n${is}`);
      if (followers.size === 1) stood = is;
      watchStanding();
      schedule(follower);
      return true;
    },
    size: () => followers.size,
    [Symbol.dispose]: () => {
      for (const stop of stops) stop();
      scheduled?.();
      watching?.();
      for (const follower of followers.keys()) end(follower);
    },
  };
}
