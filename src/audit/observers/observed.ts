import { appendFile, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * What of the objects that stand now is in the ledger already, so that a process that starts tells only what is new. Its size
 * follows the objects that exist: what is gone is forgotten. Kept beside the ledger, so that a new ledger is told everything.
 */
export interface Observed {
  has(uid: string, tail: string): boolean;
  /** Policies that stood when it was last looked, by uid. */
  policies(): ReadonlyMap<string, { readonly name: string; readonly generation: number }>;
  /** After it is durable in the ledger. A line that is lost with the machine costs a second telling. */
  add(seen: readonly Seen[]): Promise<void>;
  /** Forgets all but these objects. */
  keepOnly(uids: ReadonlySet<string>): Promise<void>;
}

export interface Seen {
  readonly uid: string;
  readonly tail: string;
  /** Of a policy. */
  readonly policy?: string;
}

interface Entry {
  readonly tails: Set<string>;
  policy?: string;
}

/** Beyond twice what is needed, and this, the file is written anew. */
const SPARE_LINES = 10_000;

/** @param ledger its id: what another one knows says nothing */
export async function openObserved(path: string, ledger: string): Promise<Observed> {
  const entries = new Map<string, Entry>();
  let lines = 0;
  const learn = ({ uid, tail, policy }: Seen) => {
    const entry = entries.get(uid) ?? { tails: new Set<string>() };
    entry.tails.add(tail);
    if (policy !== undefined) entry.policy = policy;
    entries.set(uid, entry);
    lines += 1;
  };
  const text = await readFile(path, 'utf8').catch(() => '');
  const [first, ...rest] = text.split('\n');
  const isOurs = first === JSON.stringify({ ledger });
  // A torn line is none.
  if (isOurs) for (const line of rest) for (const seen of parseSeen(line)) learn(seen);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });

  const needed = () =>
    [...entries].flatMap(([uid, { tails, policy }]) => [...tails].map((tail) => line(uid, tail, policy)));

  async function rewrite(): Promise<void> {
    const all = needed();
    await writeFile(`${path}.new`, [JSON.stringify({ ledger }), ...all, ''].join('\n'), { mode: 0o600 });
    await rename(`${path}.new`, path);
    lines = all.length;
  }
  if (!isOurs) await rewrite();

  return {
    has: (uid, tail) => entries.get(uid)?.tails.has(tail) === true,
    policies: () =>
      new Map(
        [...entries].flatMap(([uid, { policy: name, tails }]) =>
          name === undefined || tails.has('removed')
            ? []
            : [[uid, { name, generation: Math.max(0, ...[...tails].map(Number)) }] as const],
        ),
      ),
    add: async (seen) => {
      for (const each of seen) learn(each);
      await appendFile(path, seen.map(({ uid, tail, policy }) => `${line(uid, tail, policy)}\n`).join(''));
    },
    keepOnly: async (uids) => {
      for (const uid of entries.keys()) if (!uids.has(uid)) entries.delete(uid);
      const size = [...entries.values()].reduce((sum, { tails }) => sum + tails.size, 0);
      if (lines > 2 * size + SPARE_LINES) await rewrite();
    },
  };
}

function line(uid: string, tail: string, policy: string | undefined): string {
  return JSON.stringify(policy === undefined ? [uid, tail] : [uid, tail, policy]);
}

function parseSeen(text: string): readonly Seen[] {
  try {
    const [uid, tail, policy] = JSON.parse(text) as unknown[];
    if (typeof uid !== 'string' || typeof tail !== 'string') return [];
    return [{ uid, tail, ...(typeof policy === 'string' ? { policy } : {}) }];
  } catch {
    return [];
  }
}
