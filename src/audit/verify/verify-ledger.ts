import { join } from 'node:path';
import type { Clock } from '../../ports/clock.ts';
import type { Disk } from '../ledger/disk.ts';
import { HEAD_NAME } from '../ledger/head-file.ts';
import { GENESIS } from '../ledger/line.ts';
import { sealName, segmentName } from '../ledger/segment.ts';
import type { Checkpoint, PublicKey, Seal } from '../ledger/signed-file.ts';
import type { Finding } from './finding.ts';
import { type KeptHead, loadDirectory, type LoadedDirectory } from './load-directory.ts';
import { range, type VerifiedSegment, verifySegment } from './verify-segment.ts';

export interface VerifyOptions {
  readonly directory: string;
  /** The keys that may have signed; without any, those beside the segments are believed. */
  readonly pins: readonly PublicKey[];
  /** Kept elsewhere: each must be of this ledger, and in it. */
  readonly heads: readonly KeptHead[];
}

export interface Verdict {
  readonly whole: boolean;
  readonly ledger: string | undefined;
  /** Of segments that are there and were read to their end. */
  readonly records: number;
  readonly segments: number;
  readonly sealed: number;
  /** First record of the newest segment that has one. */
  readonly newestSeal: number | undefined;
  /** Gone with their seals kept, as retention does it. */
  readonly pruned: readonly { readonly first: number; readonly last: number }[];
  readonly last: { readonly seq: number; readonly hash: string; readonly time: string } | undefined;
  readonly checkpoint: { readonly seq: number; readonly time: string } | undefined;
  /** Checkpoints that were kept elsewhere, and whose signatures are good. */
  readonly against: readonly { readonly file: string; readonly seq: number; readonly time: string }[];
  readonly signedBy: readonly string[];
  readonly pinned: boolean;
  /** The first is the first that is wrong. */
  readonly findings: readonly Finding[];
}

/** There is no ledger in the directory. */
export class NoLedgerError extends Error {
  override readonly name = 'NoLedgerError';
  readonly code = 'NoLedger';
}

/** A line that is being written has its end by then. */
const LIVE_MS = 1_000;

/**
 * Verifies a ledger by its files alone, in bounded memory, whether a process writes it or not.
 *
 * @throws NoLedgerError @throws the error of the system where something cannot be read
 */
export async function verifyLedger(
  { directory, pins, heads: kept }: VerifyOptions,
  { disk, clock }: { readonly disk: Disk; readonly clock: Clock },
): Promise<Verdict> {
  const loaded = await loadDirectory(disk, directory, pins, kept);
  const { segments, seals, sealed, head, heads } = loaded;
  if (segments.length === 0 && sealed.length === 0 && head === undefined)
    throw new NoLedgerError(`${directory} holds no ledger`);
  // Of two that name one record otherwise, the one that was kept elsewhere is believed.
  const anchors = [...(head === undefined ? [] : [{ file: HEAD_NAME, checkpoint: head }]), ...heads];
  const ledger = heads[0]?.checkpoint.ledger ?? agreed(head, seals);
  const known = new Map(
    anchors
      .filter(({ checkpoint }) => checkpoint.ledger === ledger)
      .map(({ checkpoint: { seq, hash } }) => [seq, hash]),
  );
  const walked = await walk({ disk, clock, directory, known }, loaded, ledger);
  const { chain, end } = walked;
  const last = end.seq > 0 && end.prev !== undefined ? { seq: end.seq, hash: end.prev, time: end.time } : undefined;
  const findings = [...loaded.findings, ...chain, ...againstAnchors(anchors, known, walked)];
  return {
    whole: findings.length === 0,
    ledger: end.ledger,
    records: walked.records,
    segments: segments.length,
    sealed: seals.size,
    newestSeal: sealed.at(-1),
    pruned: walked.pruned,
    last,
    checkpoint: head === undefined ? undefined : { seq: head.seq, time: head.time },
    against: heads.map(({ file, checkpoint: { seq, time } }) => ({ file, seq, time })),
    signedBy: [...loaded.signers],
    pinned: pins.length > 0,
    findings: findings.toSorted((a, b) => (a.seq ?? 0) - (b.seq ?? 0)),
  };
}

/** The checkpoint beside the segments may be another ledger's: it counts where a seal says the same. */
function agreed(head: Checkpoint | undefined, seals: ReadonlyMap<number, Seal>): string | undefined {
  const sealed = new Set([...seals.values()].map(({ ledger }) => ledger));
  return head !== undefined && (sealed.size === 0 || sealed.has(head.ledger)) ? head.ledger : undefined;
}

interface End {
  /** Of the last record; `prev` is its hash, undefined where that is in doubt. */
  readonly seq: number;
  readonly prev: string | undefined;
  readonly ledger: string | undefined;
  readonly time: string;
}

interface Walked {
  readonly chain: readonly Finding[];
  readonly end: End;
  readonly records: number;
  readonly pruned: readonly Pick<Seal, 'first' | 'last'>[];
  /** Seals of all segments that are gone. */
  readonly gone: readonly Seal[];
}

interface Walk {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly directory: string;
  /** Hashes of records that a checkpoint names. */
  readonly known: ReadonlyMap<number, string>;
}

async function walk(
  by: Walk,
  { segments, sealed, seals, removals }: LoadedDirectory,
  ledger: string | undefined,
): Promise<Walked> {
  const chain: Finding[] = [];
  const pruned: Pick<Seal, 'first' | 'last'>[] = [];
  const gone: Seal[] = [];
  let records = 0;
  let end: End = { seq: 0, prev: GENESIS, ledger, time: '' };
  const firsts = [...new Set([...segments, ...sealed])].sort((a, b) => a - b);
  for (const first of firsts) {
    const seal = seals.get(first);
    const file = segments.includes(first) ? segmentName(first) : sealName(first);
    if (first !== end.seq + 1) {
      chain.push(
        first > end.seq + 1
          ? { kind: 'Missing', file, seq: end.seq + 1, message: `${range(end.seq + 1, first - 1)}, without a seal` }
          : { kind: 'Spliced', file, seq: first, message: `it begins before the one before it ends, at ${end.seq}` },
      );
      end = { ...end, prev: undefined };
    }
    if (!segments.includes(first)) {
      if (seal === undefined) end = { ...end, seq: Math.max(end.seq, first), prev: undefined };
      else {
        chain.push(...sealFits(seal, end));
        gone.push(seal);
        const why = whyMissing(first, segments, removals);
        if (why === undefined) pruned.push({ first, last: seal.last });
        else
          chain.push({
            kind: 'Missing',
            file: segmentName(first),
            seq: first,
            message: `${range(first, seal.last)}, ${why}`,
          });
        end = { ...end, seq: seal.last, prev: seal.head, ledger: end.ledger ?? seal.ledger };
      }
      continue;
    }
    const isLast = first === segments.at(-1);
    const verified = await verifyFile(by, { first, seal, isLast }, end);
    const { finding } = verified;
    if (finding !== undefined) chain.push(finding);
    else {
      records += verified.last - first + 1;
      if (!isLast && !sealed.includes(first))
        chain.push({
          kind: 'NotSealed',
          file,
          seq: first,
          message: 'it is closed, and not sealed; where the ledger runs, look again in a minute',
        });
    }
    if (seal !== undefined && finding !== undefined) chain.push(...sealFits(seal, end));
    // What follows is judged by what was sealed, so that one bad record does not make all behind it doubtful.
    end =
      seal === undefined
        ? {
            seq: verified.last,
            prev: finding === undefined ? verified.head : undefined,
            ledger: verified.ledger,
            time: verified.time,
          }
        : {
            seq: seal.last,
            prev: seal.head,
            ledger: end.ledger ?? seal.ledger,
            time: finding === undefined ? verified.time : end.time,
          };
  }
  const newest = firsts.at(-1);
  if (newest !== undefined && sealed.includes(newest))
    chain.push({
      kind: 'Missing',
      file: sealName(newest),
      seq: end.seq + 1,
      message: 'the segment that was open behind this one is gone',
    });
  return { chain, end, records, pruned, gone };
}

/** @returns undefined where retention has taken the segment: the oldest go first, and each is written down before */
function whyMissing(
  first: number,
  segments: readonly number[],
  removals: LoadedDirectory['removals'],
): string | undefined {
  if (!removals.has(first)) return 'and nothing says that retention took their segment';
  return (segments[0] ?? first) < first ? 'though older ones are there: retention takes the oldest first' : undefined;
}

function sealFits(seal: Seal, end: End): readonly Finding[] {
  const fits = (end.prev === undefined || seal.prev === end.prev) && (end.ledger ?? seal.ledger) === seal.ledger;
  if (fits) return [];
  const file = sealName(seal.first);
  return [{ kind: 'Spliced', file, seq: seal.first, message: 'it does not follow what stands before it' }];
}

async function verifyFile(
  { disk, clock, directory, known }: Walk,
  { first, seal, isLast }: { readonly first: number; readonly seal: Seal | undefined; readonly isLast: boolean },
  end: End,
): Promise<VerifiedSegment> {
  const file = await disk.open(join(directory, segmentName(first)), 'Read');
  try {
    const verified = await verifySegment(file, first, end, seal, (seq) => known.get(seq));
    if (verified.finding !== undefined || verified.rest === 0) return verified;
    const size = verified.bytes + verified.rest;
    if (isLast) {
      await clock.sleep(LIVE_MS);
      if ((await file.size()) !== size) return verified;
    }
    const message = `${verified.rest} bytes stand behind the last record${isLast ? ', as a crash leaves them; the next start cuts them off' : ''}`;
    const finding: Finding = {
      kind: 'TrailingBytes',
      file: segmentName(first),
      seq: verified.last + 1,
      offset: verified.bytes,
      message,
    };
    return { ...verified, finding };
  } finally {
    await file.close();
  }
}

/** A record that a checkpoint names was compared where it stands; here is whether it stands at all. */
function againstAnchors(
  anchors: readonly KeptHead[],
  known: ReadonlyMap<number, string>,
  { end, gone }: Walked,
): readonly Finding[] {
  return anchors.flatMap(({ file, checkpoint: { seq, hash, ledger, time } }): readonly Finding[] => {
    if (end.ledger !== undefined && ledger !== end.ledger)
      return [{ kind: 'Spliced', file, message: `the checkpoint is of ledger ${ledger}` }];
    if (seq > end.seq)
      return [
        {
          kind: 'Truncated',
          file,
          seq: end.seq + 1,
          message: `${range(end.seq + 1, seq)}, which stood there at ${time}`,
        },
      ];
    // Of a segment that is gone only the last record is still known.
    const sealed = gone.find(({ last }) => last === seq);
    if ((sealed !== undefined && sealed.head !== hash) || known.get(seq) !== hash)
      return [{ kind: 'Changed', file, seq, message: `record ${seq} is not the one of the checkpoint` }];
    return [];
  });
}
