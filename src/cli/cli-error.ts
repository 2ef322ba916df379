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

/** All that there is to say has been said, by the command that was run in our place or by a report. */
export class CommandEndedError extends Error {
  override readonly name = 'CommandEndedError';
  readonly code = 'CommandEnded';
  readonly exitCode: number;

  constructor(exitCode: number) {
    super(`the command ended with ${exitCode}`);
    this.exitCode = exitCode;
  }
}

export function usageError(message: string): CliError {
  return new CliError(EXIT.usage, message, 'see: kubectl sallyport --help');
}

export function refused(message: string, hint?: string, options?: ErrorOptions): CliError {
  return new CliError(EXIT.failed, message, hint, options);
}
