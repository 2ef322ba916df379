import { EXIT, type ExitCode } from './exit-code.ts';

/** An end that the user caused or has to know of: its message is the one line that they see. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly code = 'Cli';
  readonly exitCode: ExitCode;
  /** What to try next. */
  readonly hint: string | undefined;

  constructor(exitCode: ExitCode, message: string, hint?: string, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
    this.hint = hint;
  }
}

export function usageError(message: string): CliError {
  return new CliError(EXIT.usage, message, 'see: kubectl sallyport --help');
}

export function refused(message: string, hint?: string): CliError {
  return new CliError(EXIT.failed, message, hint);
}
