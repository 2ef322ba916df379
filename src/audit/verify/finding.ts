/** What each means stands in docs/ledger.md. */
export type FindingKind =
  | 'Changed'
  | 'Missing'
  | 'OutOfOrder'
  | 'Truncated'
  | 'Spliced'
  | 'BadSeal'
  | 'BadRemoval'
  | 'NotSealed'
  | 'BadHead'
  | 'BadKey'
  | 'UnknownKey'
  | 'TrailingBytes';

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
