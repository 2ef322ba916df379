import { createHmac } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createEvidenceReader } from '../../audit/index/create-evidence-reader.ts';
import type { EvidenceIndex } from '../../audit/index/evidence-index.ts';
import { createIndexEvents } from '../../audit/index/index-events.ts';
import { keepIndex } from '../../audit/index/keep-index.ts';
import { connectionOf } from '../../audit/index/postgres/connection.ts';
import { openPostgresIndex } from '../../audit/index/postgres/postgres-index.ts';
import { createSegmentLines, type SegmentLines } from '../../audit/index/segment-lines.ts';
import { removeIndex } from '../../audit/index/sqlite/remove-index.ts';
import { openSqliteIndex } from '../../audit/index/sqlite/sqlite-index.ts';
import type { AuditIndexConfig } from '../../platform/config/audit-index.ts';
import { EvidenceError } from '../../ports/evidence-reader.ts';
import type { AuditContext, AuditPart, Evidence } from './audit-part.ts';
import { readSecretFile } from './secret-file.ts';

const SECOND_MS = 1_000;

/** The index of the configuration, and what the other parts have of it. */
export function createEvidence(context: Omit<AuditContext, 'evidence'>): {
  readonly evidence: Evidence;
  readonly part: AuditPart | undefined;
} {
  const { process, options, ledger } = context;
  const config = options.index;
  if (config === undefined) return { evidence: NO_EVIDENCE, part: undefined };
  const events = createIndexEvents(process.log, process.metrics);
  const lines = createSegmentLines(options.ledger.directory);
  const kept = keepIndex({
    ledger,
    open: () => openIndex(config, ledger.id, lines, process.log),
    ...(config.sqlite === undefined ? {} : { discard: discardOf(config.sqlite.directory) }),
    limits: { records: config.batchRecords, bytes: config.batchBytes },
    clock: process.clock,
    random: Math.random,
    events,
  });
  const reader = createEvidenceReader({
    index: () => kept.current(),
    lines,
    // The same in every replica, so that any of them goes on where another stopped.
    mac: (text) => createHmac('sha256', process.sessionKey.reveal()).update(text).digest('hex'),
    usernamesOf: (person) => process.people.now()?.usernamesOf(person),
    pageBytes: config.pageBytes,
    events,
  });
  return {
    evidence: {
      reader,
      indexed: () => kept.indexed(),
      shared: () => kept.current()?.shared,
      unreadable: (record) => events.unreadable(record),
      forget: async (seq) => await kept.current()?.forget(seq),
    },
    // Never unready: what the API server sends must be kept, also while nobody can search it.
    part: { name: 'index', ready: () => true, run: (signal) => kept.run(signal) },
  };
}

export const NO_EVIDENCE: Evidence = {
  reader: { find: () => Promise.reject(new EvidenceError('Unavailable', 'no index is configured (audit.index)')) },
  indexed: () => undefined,
  shared: () => undefined,
  unreadable: () => undefined,
  forget: () => Promise.resolve(),
};

async function openIndex(
  { sqlite, postgresql, searchSeconds }: AuditIndexConfig,
  ledger: string,
  lines: SegmentLines,
  log: AuditContext['process']['log'],
): Promise<EvidenceIndex> {
  const searchMs = searchSeconds * SECOND_MS;
  if (sqlite !== undefined) {
    const index = await openSqliteIndex({ directory: sqlite.directory, ledger, searchMs });
    return told(index, log);
  }
  if (postgresql === undefined) throw new Error('neither sqlite nor postgresql is configured');
  const { urlFile, passwordFile, caFile, connections, connectSeconds } = postgresql;
  const url = await readSecretFile(urlFile);
  const password = passwordFile === undefined ? undefined : await readSecretFile(passwordFile);
  const ca = caFile === undefined ? undefined : await readFile(caFile, 'utf8');
  const index = await openPostgresIndex({
    connection: connectionOf(url.reveal(), password?.reveal(), ca),
    ledger,
    lines,
    connections,
    connectMs: connectSeconds * SECOND_MS,
    searchMs,
  });
  return told(index, log);
}

function told(
  index: EvidenceIndex & { readonly deleted: readonly string[] },
  log: AuditContext['process']['log'],
): EvidenceIndex {
  for (const why of index.deleted) log.warn({ why }, 'a database of the index was deleted, and is made anew');
  return index;
}

function discardOf(directory: string): () => Promise<void> {
  return () => removeIndex(directory);
}
