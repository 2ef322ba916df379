import { GROUP, VERSION } from '../../core/api/group.ts';
import type { AccessReview } from '../../ports/access-review.ts';
import type { Logger } from '../../platform/telemetry/logger.ts';
import type { Folded } from './folded-requests.ts';
import { filterInTurns } from './in-turns.ts';
import { concerns } from './rows.ts';
import { subjectOf } from './subject-of.ts';
import type { Viewer } from './viewer.ts';

/** Who sees what: their own, what they are asked about, and what `kubectl get approvals` would show them. */
export interface Visibility {
  mayRead(viewer: Viewer, folded: Folded): Promise<boolean>;
  readable(viewer: Viewer, all: readonly Folded[]): Promise<readonly Folded[]>;
}

export interface VisibilityPorts {
  readonly accessReview: AccessReview;
  readonly now: () => number;
  readonly log: Logger;
  /** Of the console's life: an answer is for everybody who waits for it. */
  readonly signal: AbortSignal;
}

/** A right that was taken away is taken away here after this time. */
const REMEMBER_MS = 60_000;

/** A cluster has thousands of namespaces; each answer costs a key. */
const REMEMBERED = 20_000;

/** Questions of one page at the API server at once. */
const AT_ONCE = 8;

const EVERYWHERE = '';

export function createVisibility({ accessReview, now, log, signal }: VisibilityPorts): Visibility {
  const remembered = new Map<string, { readonly answer: Promise<boolean>; readonly until: number }>();

  /** No answer is a no, and is not remembered. */
  async function mayList(viewer: Viewer, namespace: string): Promise<boolean> {
    const key = JSON.stringify([namespace, viewer.username, viewer.groups]);
    const before = remembered.get(key);
    if (before !== undefined && now() < before.until) return await before.answer;
    const answer = ask(viewer, namespace);
    remembered.delete(key);
    remembered.set(key, { answer, until: now() + REMEMBER_MS });
    const [oldest] = remembered.keys();
    if (remembered.size > REMEMBERED && oldest !== undefined) remembered.delete(oldest);
    try {
      return await answer;
    } catch {
      if (remembered.get(key)?.answer === answer) remembered.delete(key);
      if (!signal.aborted) log.warn({ namespace }, 'the cluster could not be asked who may list requests');
      return false;
    }
  }

  function ask(viewer: Viewer, namespace: string): Promise<boolean> {
    const user = subjectOf(viewer);
    const resource = { group: GROUP, version: VERSION, resource: 'approvalrequests', subresource: '', name: '' };
    return accessReview.allowed({ user, verb: 'list', namespace, ...resource }, signal);
  }

  async function listable(viewer: Viewer, namespaces: readonly string[]): Promise<Set<string>> {
    if (namespaces.length === 0) return new Set();
    if (await mayList(viewer, EVERYWHERE)) return new Set(namespaces);
    const result = new Set<string>();
    const waiting = [...namespaces];
    const worker = async () => {
      for (let next = waiting.pop(); next !== undefined; next = waiting.pop())
        if (await mayList(viewer, next)) result.add(next);
    };
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, namespaces.length) }, worker));
    return result;
  }

  const readable: Visibility['readable'] = async (viewer, all) => {
    const theirs = new Set(await filterInTurns(all, (folded) => concerns(folded, viewer)));
    const others = new Set(all.filter((folded) => !theirs.has(folded)).map(namespaceOf));
    const namespaces = await listable(viewer, [...others]);
    return all.filter((folded) => theirs.has(folded) || namespaces.has(namespaceOf(folded)));
  };

  return {
    mayRead: async (viewer, folded) => (await readable(viewer, [folded])).length > 0,
    readable,
  };
}

function namespaceOf({ request }: Folded): string {
  return request.metadata.namespace ?? '';
}
