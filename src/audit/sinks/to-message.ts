import { createHash } from 'node:crypto';
import type { StoredRecord } from '../../ports/ledger.ts';
import { ECS_VERSION, type EcsDocument, ecsDocument, OBSERVER } from './ecs.ts';
import type { SinkMessage } from './sink.ts';

/** @param mostBytes of the JSON of a document; a longer one goes without the record's line */
export function toMessage({ record, hash, seq }: StoredRecord, ledger: string, mostBytes: number): SinkMessage {
  const written = JSON.stringify(record);
  // Never another text than the ledger's: whoever compares it with its hash must find them equal.
  const line = createHash('sha256').update(written).digest('hex') === hash ? written : undefined;
  const whole = message(seq, ecsDocument({ ledger, record, hash, line }));
  if (whole.bytes <= mostBytes || line === undefined) return whole;
  return message(seq, ecsDocument({ ledger, record, hash, line: undefined }));
}

export interface Head {
  readonly seq: number;
  /** Of the line of that record. */
  readonly hash: string;
  /** RFC 3339. */
  readonly time: string;
}

/**
 * How far the ledger had come. Who keeps it somewhere else notices a ledger whose end was cut off.
 *
 * @param signed the checkpoint as the ledger signed it (docs/ledger.md); without it it only says that we are here
 */
export function headMessage({ seq, hash, time }: Head, ledger: string, signed?: string): SinkMessage {
  const id = `${ledger}/head/${seq}`;
  return message(seq, {
    '@timestamp': time,
    ecs: { version: ECS_VERSION },
    message: `the ledger ${ledger} holds ${seq} records`,
    event: {
      kind: 'state',
      category: ['configuration'],
      type: ['info'],
      action: 'ledger-checkpoint',
      outcome: 'success',
      severity: 6,
      id,
      provider: 'sallyport',
      module: 'sallyport',
      dataset: 'sallyport.evidence',
      created: time,
      sequence: seq,
      hash,
      ...(signed === undefined ? {} : { original: signed }),
    },
    observer: OBSERVER,
    sallyport: { ledger, kind: 'Checkpoint', record: `head/${seq}` },
  });
}

function message(seq: number, document: EcsDocument): SinkMessage {
  const json = JSON.stringify(document);
  const { event, sallyport } = document;
  return { id: event.id, seq, kind: sallyport.kind, document, json, bytes: Buffer.byteLength(json) };
}
