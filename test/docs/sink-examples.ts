import { createHash } from 'node:crypto';
import { ecsDocument } from '../../src/audit/sinks/ecs.ts';
import { headMessage } from '../../src/audit/sinks/to-message.ts';
import type { EvidenceRecord, Submission } from '../../src/core/evidence/evidence-record.ts';
import { EVIDENCE } from '../builders/evidence.ts';

const LEDGER = '5d3b1f0e-8a52-4c1e-9d0a-2f7f6f1f0c11';
const TIME = '2026-01-01T00:00:06.000Z';

/** One document of each kind, as receivers get it. The line in `event.original` is left out: it is the same again. */
export function sinkExamples(): string {
  const records = Object.values(EVIDENCE).map((submission, index) => recordOf(submission, index + 1));
  const documents = records.map((record) => ({
    kind: record.kind,
    document: ecsDocument({ ledger: LEDGER, record, hash: hashOf(JSON.stringify(record)), line: '{…}' }),
  }));
  const head = headMessage({ seq: 8, hash: hashOf('8'), time: TIME }, LEDGER, '{…}').document;
  return [...documents, { kind: 'Checkpoint', document: head }]
    .map(({ kind, document }) => `### ${kind}\n\n\`\`\`json\n${JSON.stringify(document, null, 2)}\n\`\`\`\n`)
    .join('\n');
}

function recordOf({ kind, id, data }: Submission, seq: number): EvidenceRecord {
  return { seq, prev: hashOf(String(seq - 1)), time: TIME, kind, id, data } as EvidenceRecord;
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
