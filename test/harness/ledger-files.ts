import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { EvidenceRecord } from '../../src/core/evidence/evidence-record.ts';

/** The records of a ledger as they stand in its files, in order; a line that is being written is left out. */
export async function readLedger(directory: string): Promise<readonly EvidenceRecord[]> {
  const names = (await readdir(directory)).filter((name) => /^\d{20}\.ndjson$/.test(name)).toSorted();
  const records: EvidenceRecord[] = [];
  for (const name of names) {
    const text = await readFile(join(directory, name), 'utf8');
    const lines = text.slice(0, text.lastIndexOf('\n') + 1).split('\n');
    for (const line of lines) if (line !== '') records.push(JSON.parse(line) as EvidenceRecord);
  }
  return records;
}

/** How often each of these is there: 1 is right, and nothing else is. */
export function timesEach(wanted: readonly string[], found: readonly string[]): Readonly<Record<string, number>> {
  const times = new Map(wanted.map((one) => [one, 0]));
  for (const one of found) if (times.has(one)) times.set(one, (times.get(one) ?? 0) + 1);
  const counts: Record<string, number> = { lost: 0, once: 0, doubled: 0 };
  for (const count of times.values()) {
    const kind = count === 0 ? 'lost' : count === 1 ? 'once' : 'doubled';
    counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return counts;
}
