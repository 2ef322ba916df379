import type { UsernamesOf } from '../../core/evidence/by-person.ts';
import type { EvidencePage, EvidenceQuery, Found, Unreadable } from '../../core/evidence/query.ts';
import { EvidenceError, type EvidenceReader } from '../../ports/evidence-reader.ts';
import { type CursorMac, readCursor, writeCursor } from './cursor.ts';
import { type EvidenceIndex, type Hit, type Hits, IndexError } from './evidence-index.ts';
import { recordOf } from './record-of.ts';
import { searchOf } from './search.ts';
import type { SegmentLines } from './segment-lines.ts';

export interface ReaderOptions {
  /** As it is now; undefined while there is none that can be asked. */
  readonly index: () => EvidenceIndex | undefined;
  /** Of this process's ledger. */
  readonly lines: SegmentLines;
  readonly mac: CursorMac;
  /** By the people map of now. */
  readonly usernamesOf: UsernamesOf;
  /** A page ends before it holds more bytes of lines; one line goes into it whatever its length. */
  readonly pageBytes: number;
  readonly events: ReaderEvents;
}

export interface ReaderEvents {
  found(outcome: 'Found' | 'BadQuery' | 'Unavailable'): void;
  unreadable(record: Unreadable): void;
}

/** Finds records by the index and reads them from where they stand. A line that is not what was indexed is never shown. */
export function createEvidenceReader(options: ReaderOptions): EvidenceReader {
  const { index, lines, mac, usernamesOf, pageBytes, events } = options;
  const find = async (query: EvidenceQuery, signal: AbortSignal): Promise<EvidencePage> => {
    const search = searchOf(query, readCursor(query, mac), usernamesOf);
    const open = index();
    if (open === undefined) throw new EvidenceError('Unavailable', 'the index of the evidence is not open');
    const { hits, more } = cut(await open.find(search, signal), pageBytes);
    const bytes = await linesOf(hits, lines);
    signal.throwIfAborted();
    const found: Found[] = [];
    const unreadable: Unreadable[] = [];
    for (const [place, hit] of hits.entries()) {
      const { ledger, seq, id } = hit;
      const record = recordOf(hit, bytes[place]);
      if (typeof record === 'object') found.push({ ledger, record });
      else unreadable.push({ ledger, seq, id, why: record });
    }
    for (const each of unreadable) events.unreadable(each);
    const last = hits.at(-1);
    return {
      found,
      ...(unreadable.length === 0 ? {} : { unreadable }),
      ...(more && last !== undefined ? { next: writeCursor(query, last, mac) } : {}),
    };
  };
  return {
    find: async (query, signal) => {
      try {
        const page = await find(query, signal);
        events.found('Found');
        return page;
      } catch (error) {
        if (signal.aborted) throw error;
        const told = toldError(error);
        events.found(told.code);
        throw told;
      }
    },
  };
}

/** The first hits whose lines together are not longer than a page may be. */
function cut({ hits, more }: Hits, pageBytes: number): Hits {
  let bytes = 0;
  const end = hits.findIndex(({ line }, place) => {
    bytes += line.in === 'Segment' ? line.length : line.bytes.length;
    return place > 0 && bytes > pageBytes;
  });
  return end < 0 ? { hits, more } : { hits: hits.slice(0, end), more: true };
}

async function linesOf(hits: readonly Hit[], lines: SegmentLines): Promise<readonly (Uint8Array | undefined)[]> {
  const inSegments = hits.flatMap(({ line }) => (line.in === 'Segment' ? [line] : []));
  const read = await lines.read(inSegments);
  return hits.map(({ line }) => (line.in === 'Index' ? line.bytes : read[inSegments.indexOf(line)]));
}

/** What whoever asks is told of an error of the index. */
export function toldError(error: unknown): EvidenceError {
  if (error instanceof EvidenceError) return error;
  if (!(error instanceof IndexError)) {
    return new EvidenceError('Unavailable', 'the records cannot be read', { cause: error });
  }
  switch (error.code) {
    case 'BadPlace':
      return new EvidenceError('BadQuery', error.message, { cause: error });
    case 'Slow':
      return new EvidenceError('Unavailable', 'the search took too long: narrow it down', { cause: error });
    case 'Unavailable':
    case 'Corrupt':
    case 'Diverged':
      return new EvidenceError('Unavailable', 'the index of the evidence cannot be asked', { cause: error });
  }
}
