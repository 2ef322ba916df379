export class SpoolError extends Error {
  override readonly name = 'SpoolError';
  /** Full: there is no room until something was sent. Unwritable: the disk refused, and is tried again. TooLong: one line is. */
  readonly code: 'Full' | 'Unwritable' | 'TooLong' | 'Closed';

  constructor(code: SpoolError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
