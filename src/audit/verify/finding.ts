export const FINDINGS = {
  Changed: 'a record is not what was written',
  Missing: 'records are gone, and nothing signed says that retention took their whole segment',
  OutOfOrder: 'a record stands where another must',
  Truncated: 'the end is gone: a seal or a checkpoint names records behind it',
  Spliced: 'a segment, seal or checkpoint is of another ledger, or of another place of this one',
  BadSeal: 'a seal is not what was written, or does not fit its segment',
  BadRemoval: 'what says that retention took a segment is not what was written',
  NotSealed: 'a closed segment has no seal',
  BadHead: 'the checkpoint beside the segments is gone, or not what was written',
  BadKey: 'a file in keys is not the key that it is named by',
  UnknownKey: 'a seal or checkpoint is signed by a key that is not there, or not one of those that were given',
  TrailingBytes: 'something that is no record stands behind the last one',
} as const;

export type FindingKind = keyof typeof FINDINGS;

export interface Finding {
  readonly kind: FindingKind;
  /** Below the directory: `00000000000000000001.ndjson`. */
  readonly file: string;
  /** Number of the first record that it is about. */
  readonly seq?: number;
  /** Of that record in the file, in bytes. */
  readonly offset?: number;
  /** A sentence for people. */
  readonly message: string;
}
