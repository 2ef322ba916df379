/** Events that cannot be read. Its message names the file: for whoever named it, or keeps the machine. */
export class BacktestError extends Error {
  override readonly name = 'BacktestError';
  readonly code: 'Unreadable';

  constructor(code: BacktestError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
