import type { RecordObject } from '../../core/evidence/record-object.ts';

/** Whether a list is asked for as kubectl prints it (meta.k8s.io/v1 Table), and what of the object stands beside each row. */
export type Shape = { readonly as: 'Objects' } | { readonly as: 'Table'; readonly include: Include };
export type Include = 'None' | 'Metadata' | 'Object';

const COLUMNS = [
  ['Name', 'string', 'name', 'When, which one, and of which ledger.', 1],
  ['At', 'string', '', 'When it happened.', 0],
  ['Kind', 'string', '', 'What it tells of.', 0],
  ['User', 'string', '', 'Kubernetes username of whoever acted.', 0],
  ['Verb', 'string', '', 'What they did.', 0],
  ['Object', 'string', '', 'To what.', 0],
  ['Outcome', 'string', '', 'What came of it.', 0],
  ['Request', 'string', '', 'The ApprovalRequest that it belongs to.', 0],
  ['Person', 'string', '', 'Who that user was then, where the record says so.', 1],
  ['Decision', 'string', '', 'Joins a decision, its use and the events of the API server.', 1],
  ['Seq', 'integer', '', 'Its number in its ledger.', 1],
] as const;

const COLUMN_DEFINITIONS = COLUMNS.map(([name, type, format, description, priority]) => ({
  name,
  type,
  format,
  description,
  priority,
}));

/**
 * @param Accept of the request. kubectl names Tables first and JSON last; whoever does not ask for one gets objects.
 * @param includeObject the query parameter of that name
 */
export function shapeOf(accept: string | undefined, includeObject: string | null): Shape {
  const table = (accept ?? '').split(',').some((type) => {
    const parts = type.split(';').map((part) => part.trim().toLowerCase());
    return parts[0] === 'application/json' && parts.includes('as=table') && parts.includes('v=v1');
  });
  if (!table) return { as: 'Objects' };
  return { as: 'Table', include: includeObject === 'None' || includeObject === 'Object' ? includeObject : 'Metadata' };
}

export function tableOf(
  items: readonly RecordObject[],
  metadata: object,
  include: Include,
  columns: 'WithColumns' | 'RowsOnly' = 'WithColumns',
): object {
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata,
    columnDefinitions: columns === 'WithColumns' ? COLUMN_DEFINITIONS : [],
    rows: items.map((item) => ({ cells: cellsOf(item), ...objectOf(item, include) })),
  };
}

function cellsOf({ metadata, entry }: RecordObject): readonly (string | number)[] {
  return [
    metadata.name,
    metadata.creationTimestamp,
    entry.kind,
    entry.user ?? '',
    entry.verb ?? '',
    objectText(entry),
    entry.outcome ?? '',
    entry.request ?? '',
    entry.person ?? '',
    entry.decision ?? '',
    entry.seq,
  ];
}

/** `pods/exec web-0`. */
function objectText({ resource, name }: RecordObject['entry']): string {
  return [resource, name].filter((part) => part !== undefined && part !== '').join(' ');
}

function objectOf(item: RecordObject, include: Include): object {
  switch (include) {
    case 'None':
      return {};
    case 'Metadata':
      return { object: { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: item.metadata } };
    case 'Object':
      return { object: item };
  }
}
