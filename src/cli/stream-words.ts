import { STREAMS, type StreamOptions, type StreamVerb } from './can.ts';
import { usageError } from './cli-error.ts';

/** As kubectl port-forward takes it: `8080`, `8080:80`, `:80`, `8443:https`. */
const PORT = /^(?:\d{0,5}:)?[a-z0-9-]{1,15}$/;

/** What is said of the ports of a port-forward: they are not in the review, so that nobody who decides knows them. */
export const PORTS_NOTE = 'the API server is not told the ports beforehand: this is about every port of the pod\n';

export interface StreamWords extends Pick<StreamOptions, 'verb' | 'pod' | 'command'> {
  readonly ports: readonly string[];
}

/**
 * `POD -- COMMAND`, or of a port-forward `POD PORT…`, as kubectl takes them.
 *
 * @param words all operands, also those behind `--`
 * @param typed those behind `--`
 * @throws CliError (usage)
 */
export function streamWords(verb: StreamVerb, words: readonly string[], typed: readonly string[]): StreamWords {
  const [pod, ...rest] = words.slice(0, words.length - typed.length);
  const ports = verb === 'port-forward' ? rest : [];
  if (pod === undefined || rest.length > ports.length)
    throw usageError(`${verb} of one pod${verb === 'exec' ? ', and the command behind --' : ''}`);
  if ((verb === 'exec') !== typed.length > 0)
    throw usageError(verb === 'exec' ? 'exec needs a command, behind --' : `${verb} has no command`);
  const wrong = ports.find((port) => !PORT.test(port));
  if (wrong !== undefined) throw usageError(`"${wrong}" is no port: as 8080, 8080:80 or :80`);
  return { verb, pod, command: typed, ports };
}

export function isStream(what: string): what is StreamVerb {
  return Object.hasOwn(STREAMS, what);
}
