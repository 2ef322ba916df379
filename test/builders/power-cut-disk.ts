import { dirname } from 'node:path';
import type { Disk, DiskFile } from '../../src/audit/ledger/disk.ts';

type Change =
  | { readonly kind: 'write'; readonly offset: number; readonly bytes: Buffer }
  | { readonly kind: 'truncate'; readonly length: number };

interface Inode {
  live: Buffer;
  /** What fdatasync has been done for. */
  durable: Buffer;
  /** Since then. */
  changes: Change[];
}

type Naming = { readonly path: string; readonly inode: Inode | undefined };

/** A disk in memory that keeps, over a power cut, no more than POSIX promises. */
export interface PowerCutDisk extends Disk {
  /**
   * What is found afterwards. Of a file what was synced, and of what was written since any part, in any order, or blank; of
   * names those that were there at the folder's last sync, and the changes since up to some moment.
   */
  cut(random: () => number): PowerCutDisk;
}

export function powerCutDisk(names = new Map<string, Inode>(), folders: ReadonlySet<string> = new Set()): PowerCutDisk {
  const durableNames = new Map(names);
  let namings: Naming[] = [];
  const made = new Set(folders);

  const name = (path: string, inode: Inode | undefined): void => {
    if (inode === undefined) names.delete(path);
    else names.set(path, inode);
    namings.push({ path, inode });
  };
  const found = (path: string): Inode => {
    const inode = names.get(path);
    if (inode === undefined) throw systemError('ENOENT', path);
    return inode;
  };
  const opened = (path: string, mode: 'Read' | 'Write' | 'Create'): DiskFile => {
    if (mode !== 'Create') return fileOf(found(path));
    if (names.has(path)) throw systemError('EEXIST', path);
    const inode: Inode = { live: Buffer.alloc(0), durable: Buffer.alloc(0), changes: [] };
    name(path, inode);
    return fileOf(inode);
  };
  return {
    makeFolder: async (path) => {
      made.add(path);
    },
    names: async (folder) => {
      if (!made.has(folder)) throw systemError('ENOENT', folder);
      return [...names.keys()].filter((path) => dirname(path) === folder).map((path) => path.slice(folder.length + 1));
    },
    open: async (path, mode) => opened(path, mode),
    rename: async (from, to) => {
      const inode = found(from);
      name(to, inode);
      name(from, undefined);
    },
    remove: async (path) => {
      found(path);
      name(path, undefined);
    },
    syncFolder: async (folder) => {
      for (const { path, inode } of namings) if (dirname(path) === folder) set(durableNames, path, inode);
      namings = namings.filter(({ path }) => dirname(path) !== folder);
    },
    cut: (random) => {
      const left = new Map(durableNames);
      for (const { path, inode } of namings.slice(0, Math.floor(random() * (namings.length + 1))))
        set(left, path, inode);
      const after = new Map([...left].map(([path, inode]) => [path, survivor(inode, random)]));
      return powerCutDisk(after, made);
    },
  };
}

function fileOf(inode: Inode): DiskFile {
  return {
    size: async () => inode.live.length,
    read: async (into, offset) => inode.live.copy(into, 0, Math.min(offset, inode.live.length)),
    write: async (bytes, offset) => change(inode, { kind: 'write', offset, bytes: Buffer.from(bytes) }),
    sync: async () => {
      inode.durable = Buffer.from(inode.live);
      inode.changes = [];
    },
    truncate: async (length) => change(inode, { kind: 'truncate', length }),
    close: () => Promise.resolve(),
  };
}

function change(inode: Inode, made: Change): void {
  inode.live = changed(inode.live, made);
  inode.changes.push(made);
}

function changed(before: Buffer, made: Change): Buffer {
  const end = made.kind === 'truncate' ? made.length : Math.max(before.length, made.offset + made.bytes.length);
  const after = Buffer.alloc(end);
  before.copy(after);
  if (made.kind === 'write') made.bytes.copy(after, made.offset);
  return after;
}

function survivor({ durable, changes }: Inode, random: () => number): Inode {
  let bytes = durable;
  for (const made of changes) {
    const fate = random();
    if (fate < 0.3) continue;
    if (made.kind === 'truncate' || fate < 0.6) bytes = changed(bytes, made);
    else {
      const kept = Math.floor(random() * (made.bytes.length + 1));
      const rest = fate < 0.8 ? Buffer.alloc(0) : Buffer.alloc(made.bytes.length - kept);
      bytes = changed(bytes, { ...made, bytes: Buffer.concat([made.bytes.subarray(0, kept), rest]) });
    }
  }
  return { live: bytes, durable: bytes, changes: [] };
}

function set(names: Map<string, Inode>, path: string, inode: Inode | undefined): void {
  if (inode === undefined) names.delete(path);
  else names.set(path, inode);
}

function systemError(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${path}`), { code });
}
