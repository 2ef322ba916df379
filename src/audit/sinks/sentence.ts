import type { Entry } from '../../core/evidence/entry.ts';
import type { EvidenceRecord } from '../../core/evidence/evidence-record.ts';

/** A username, a name or a reason may be long, and somebody else chose it. */
const MOST = 1000;

/** One line for people: who, what, to what, and how it went. */
export function sentenceOf(record: EvidenceRecord, entry: Partial<Entry>): string {
  return wordsOf(record, entry)
    .replaceAll(/[\p{Cc}\u2028\u2029]+/gu, ' ')
    .slice(0, MOST)
    .toWellFormed();
}

function wordsOf(record: EvidenceRecord, entry: Partial<Entry>): string {
  const { user = 'somebody', verb = '', outcome = '' } = entry;
  const what = whatOf(entry);
  switch (record.kind) {
    case 'Segment':
      return `a segment of the ledger ${record.data.ledger} begins`;
    case 'Decision':
      return `${user}: ${verb} ${what}: ${outcome} (${record.data.code})`;
    case 'Request':
      return `${user}: request ${record.data.request} to ${verb} ${what}: ${outcome}`;
    case 'Vote':
      return `${user}: ${record.data.decision} of request ${record.data.request}`;
    case 'Use':
      return `${user}: used the approval of request ${record.data.request}`;
    case 'GivenBack':
      return `the use of request ${record.data.request} was given back: the API server answered ${record.data.code}`;
    case 'Policy':
      return `policy ${record.data.name}: ${record.data.change}, generation ${record.data.generation}`;
    case 'AuditEvent':
      return `${user}: ${verb} ${what === '' ? record.data.requestURI : what}: ${outcome === '' ? record.data.stage : outcome}`;
    case 'Alarm':
      return `${record.data.alarm}: ${record.data.message}`;
  }
}

function whatOf({ resource, namespace, name }: Partial<Entry>): string {
  const place = [namespace, name].filter((part) => part !== undefined).join('/');
  return [resource, place].filter((part) => part !== undefined && part !== '').join(' ');
}
