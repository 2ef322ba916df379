import { createHash } from 'node:crypto';
import type { EvidenceRecord } from '../../core/evidence/evidence-record.ts';
import type { Unreadable } from '../../core/evidence/query.ts';
import type { Hit } from './evidence-index.ts';

/** The record that was indexed, or why its line is not to be shown. */
export function recordOf(
  { hash, seq }: Pick<Hit, 'hash' | 'seq'>,
  line: Uint8Array | undefined,
): EvidenceRecord | Unreadable['why'] {
  if (line === undefined) return 'Gone';
  if (createHash('sha256').update(line).digest('hex') !== hash) return 'Changed';
  const record = JSON.parse(Buffer.from(line).toString()) as EvidenceRecord;
  return record.seq === seq ? record : 'Changed';
}
