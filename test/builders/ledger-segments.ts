import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface WrittenSegment {
  /** When its first record was written. */
  readonly time: string;
  /** Events as lines of JSON. */
  readonly events: readonly string[];
  /** What stands behind them: of a line that is being written. */
  readonly tail?: string;
}

/** Segments as a ledger keeps them, but for hashes that anybody checks. */
export async function writeSegments(directory: string, segments: readonly WrittenSegment[]): Promise<void> {
  await mkdir(directory, { recursive: true });
  let seq = 0;
  for (const { time, events, tail = '' } of segments) {
    const lineOf = (kind: string, data: string): string => {
      seq += 1;
      return `{"seq":${seq},"prev":"${'0'.repeat(64)}","time":"${time}","kind":"${kind}","id":"x/${seq}","data":${data}}\n`;
    };
    const name = `${String(seq + 1).padStart(20, '0')}.ndjson`;
    const lines = [
      lineOf('Segment', '{"ledger":"00000000-0000-4000-8000-000000000000"}'),
      ...events.map((event) => lineOf('AuditEvent', event)),
    ];
    await writeFile(join(directory, name), `${lines.join('')}${tail}`);
  }
}
