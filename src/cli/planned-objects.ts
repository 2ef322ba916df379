import { isJsonObject, type JsonObject, stringAt, valueAt } from '../core/attributes/json.ts';
import { CliError, refused } from './cli-error.ts';
import { EXIT } from './exit-code.ts';
import { kubectlProblem } from './kubectl-problem.ts';
import type { Kubectl } from './kubectl.ts';

/** kubectl's verbs that write objects of a file. */
export const WRITES = ['apply', 'create', 'replace', 'delete'] as const;
export type WriteVerb = (typeof WRITES)[number];

/** What a plain kubectl command would write. */
export interface PlannedWrite {
  readonly verb: WriteVerb;
  /** `-f`; `-` is standard input. Undefined: `words` say which. */
  readonly file: string | undefined;
  /** Of delete: `deployment shop`, `deployment/shop`. */
  readonly words: readonly string[];
  /** `kubectl apply --server-side`. */
  readonly serverSide: boolean;
}

/** Every object costs calls of the API server, and every request somebody's attention. */
const OBJECTS_LIMIT = 100;

/**
 * The objects as the API server would store them, by kubectl's own server-side dry run; of delete, as they are. Writes
 * nothing.
 *
 * @param connection `--kubeconfig`, `--context` and `-n` as they were given to us
 * @throws CliError with kubectl's words
 */
export async function plannedObjects(
  kubectl: Kubectl,
  write: PlannedWrite,
  connection: readonly string[],
): Promise<readonly JsonObject[]> {
  const { exitCode, stdout, stderr } = await kubectl.run([...connection, ...command(write)]);
  if (exitCode !== 0) {
    const message = `nothing was asked for, kubectl ${write.verb} would fail: ${words(stderr)}`;
    throw new CliError(kubectlProblem(stderr), message);
  }
  const objects = readObjects(stdout);
  if (objects.length === 0) throw new CliError(EXIT.usage, `${write.file ?? write.words.join(' ')}: no object`);
  if (objects.length > OBJECTS_LIMIT) throw new CliError(EXIT.usage, `it holds more than ${OBJECTS_LIMIT} objects`);
  return objects;
}

/** With managedFields: they tell what a Service's author chose from what was drawn for it. */
const AS_STORED = ['--output=json', '--show-managed-fields'];

function command({ verb, file, words: typed, serverSide }: PlannedWrite): readonly string[] {
  const which = file === undefined ? ['--', ...typed] : [`--filename=${file}`];
  if (verb === 'delete') return ['get', ...AS_STORED, ...which];
  return [verb, '--dry-run=server', ...AS_STORED, ...(serverSide ? ['--server-side'] : []), ...which];
}

/** One JSON object, or several one after the other, or Lists of them: kubectl's verbs differ. */
function readObjects(text: string): readonly JsonObject[] {
  // kubectl indents: only the first brace of an object stands at the beginning of a line.
  return text
    .split(/^(?=\{)/m)
    .filter((part) => part.trim() !== '')
    .flatMap((part) => {
      try {
        return itemsOf(JSON.parse(part));
      } catch (cause) {
        throw refused('kubectl said something else than objects', undefined, { cause });
      }
    });
}

function itemsOf(value: unknown): readonly JsonObject[] {
  if (!isJsonObject(value)) return [];
  const items = valueAt(value, 'items');
  return stringAt(value, 'kind') === 'List' && Array.isArray(items) ? items.filter(isJsonObject) : [value];
}

/** Longest part of kubectl's message that goes on into ours. */
const WORDS_LIMIT = 2048;

function words(stderr: string): string {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('Warning:'));
  return lines.join('; ').slice(0, WORDS_LIMIT) || 'it does not say why';
}
