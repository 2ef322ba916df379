import { CommanderError } from 'commander';
import { printable } from '../core/attributes/printable.ts';
import { KubeApiError, KubeConfigError, KubeUnreachableError } from '../platform/kube/errors.ts';
import { CliError, CommandEndedError } from './cli-error.ts';
import { EXIT } from './exit-code.ts';

export interface Described {
  readonly exitCode: number;
  /** For stderr, without `error: `; undefined where everything has been said already. */
  readonly line: string | undefined;
}

/** How many causes deep a message is looked for. */
const DEPTH = 8;

/** One line a person can act on, and the exit code. Never a stack trace: it says nothing to who runs a command. */
export function describeError(error: unknown): Described {
  if (error instanceof CommanderError) {
    // commander has written its own message, or the help that was asked for.
    return { exitCode: error.exitCode === 0 ? EXIT.ok : EXIT.usage, line: undefined };
  }
  if (error instanceof CommandEndedError) return { exitCode: error.exitCode, line: undefined };
  if (error instanceof CliError) {
    return { exitCode: error.exitCode, line: join(error.message, error.hint) };
  }
  if (error instanceof KubeUnreachableError) {
    return { exitCode: EXIT.unreachable, line: join(`cannot reach the API server: ${deepest(error)}`, undefined) };
  }
  if (error instanceof KubeConfigError) {
    return {
      exitCode: EXIT.unreachable,
      line: join(`cannot reach the API server: ${withCause(error)}`, 'check --kubeconfig, KUBECONFIG and --context'),
    };
  }
  if (error instanceof KubeApiError) return describeApiError(error);
  return { exitCode: EXIT.failed, line: join(error instanceof Error ? error.message : String(error), undefined) };
}

function describeApiError(error: KubeApiError): Described {
  switch (error.status) {
    case 401:
      return {
        exitCode: EXIT.failed,
        line: join('the API server does not accept your credentials', 'log in again, or check --context'),
      };
    case 403:
      return { exitCode: EXIT.failed, line: join(`refused: ${error.message}`, undefined) };
    case 404:
      return error.reason === 'NotFound' && error.details?.name !== undefined
        ? { exitCode: EXIT.notFound, line: join(error.message, undefined) }
        : { exitCode: EXIT.notFound, line: join('this cluster has no Sallyport', 'is --context the right cluster?') };
    default:
      return {
        exitCode: EXIT.failed,
        line: join(`the API server answered ${error.status}: ${error.message}`, undefined),
      };
  }
}

function join(message: string, hint: string | undefined): string {
  return printable(hint === undefined ? message : `${message} (${hint})`);
}

function withCause(error: Error): string {
  const cause = deepest(error);
  return cause === error.message ? cause : `${error.message}: ${cause}`;
}

/** The innermost message: `connect ECONNREFUSED 127.0.0.1:6443` says more than what is wrapped around it. */
function deepest(error: unknown): string {
  let text = '';
  let current: unknown = error;
  for (let depth = 0; depth < DEPTH && current instanceof Error; depth += 1) {
    text = current.message || ('code' in current && typeof current.code === 'string' ? current.code : '') || text;
    current = current instanceof AggregateError ? (current.errors[0] as unknown) : current.cause;
  }
  return text;
}
