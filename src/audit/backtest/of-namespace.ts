/** What somebody may be told of. The rest is not looked at, and in no number: nor is how much of it there is. */
export interface Shown {
  readonly event: (event: unknown) => boolean;
  /** Whether a line may hold such an event. No other is read: how long that takes would tell what stands in it. */
  readonly mayHold: (line: Buffer) => boolean;
  /** The same as `event` of a line that the prefilter knows as kube-apiserver writes them, by its bytes. */
  readonly line: (line: Buffer) => boolean;
}

/**
 * A key, since a quotation mark in a value would be escaped; and the event's own, since what may hold another (the objects)
 * stands behind it in the order in which kube-apiserver writes an event's fields.
 */
const OBJECT_REF = '"objectRef":{"resource":"';
const QUOTE = 0x22;
/** A letter of ASCII may be spelt so. */
const RESPELT = Buffer.from('\\u00');

/** As records are of a namespace (core/evidence entryOf): who may read those there is told of no others. */
export function ofNamespace(namespace: string): Shown {
  const member = Buffer.from(`"namespace":"${namespace}"`);
  const rest = Buffer.from(`","namespace":"${namespace}"`);
  return {
    event: (event) => {
      const objectRef = (event as { readonly objectRef?: { readonly namespace?: unknown } } | null)?.objectRef;
      return objectRef?.namespace === namespace;
    },
    mayHold: (line) => line.includes(member) || line.includes(RESPELT),
    line: (line) => {
      const at = line.indexOf(OBJECT_REF, 0, 'latin1');
      if (at === -1) return false;
      const end = line.indexOf(QUOTE, at + OBJECT_REF.length);
      return end !== -1 && line.subarray(end, end + rest.length).equals(rest);
    },
  };
}
