/** Says in an event that it is not whole: the API server's own mark for that is `audit.k8s.io/truncated`. */
export const CUT_ANNOTATION = 'audit.sallyport.dev/cut';

/** The API server's: it left out the two objects (apiserver/plugin/pkg/audit/truncate). */
const TRUNCATED_ANNOTATION = 'audit.k8s.io/truncated';

type Annotations = Readonly<Record<string, string>>;

/** Whether an event's objects may have been left out on its way. */
export function mayLackObjects(annotations: Annotations = {}): boolean {
  return Object.hasOwn(annotations, CUT_ANNOTATION) || Object.hasOwn(annotations, TRUNCATED_ANNOTATION);
}

/** The members that an event of which the receiver kept a part does not have; none where it is whole. */
export function membersCut(annotations: Annotations = {}): readonly string[] {
  const note = annotations[CUT_ANNOTATION];
  if (note === undefined) return [];
  try {
    const { missing } = JSON.parse(note) as { readonly missing?: unknown };
    return Array.isArray(missing) ? missing.filter((name) => typeof name === 'string') : UNREADABLE;
  } catch {
    return UNREADABLE;
  }
}

/** Somebody else's note: nothing is known to be there. */
const UNREADABLE = ['annotations'];
