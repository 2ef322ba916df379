import type { Command } from 'commander';
import { printable } from '../core/attributes/printable.ts';
import { type AtCursor, type Candidate, flagsOf, readWords, type Typed, verbsOf } from './complete-words.ts';
import { OUTPUTS } from './output.ts';
import { STATES } from '../core/approval/approval-state.ts';
import { REQUESTED } from './request-verb.ts';
import { STREAMS } from './can.ts';

/** What a cluster has to offer. Each may take its time, or fail: then nothing is offered. */
export interface CompletionSource {
  namespaces(): Promise<readonly Candidate[]>;
  pods(namespace: string | undefined): Promise<readonly Candidate[]>;
  /** @param word what is typed of it: `prod/` asks for those of another namespace */
  requests(verb: string, namespace: string | undefined, word: string): Promise<readonly Candidate[]>;
}

/** As cobra's ShellCompDirective, which kubectl reads from the last line. */
const DIRECTIVE = { files: 0, nothingElse: 4 } as const;
type Directive = (typeof DIRECTIVE)[keyof typeof DIRECTIVE];

/** Options whose value is a file. */
const FILES = new Set(['filename', 'kubeconfig']);
/** A list in a shell is for a person. */
const CANDIDATES = 200;

/**
 * What may stand at the cursor, a line each, and a last line `:directive`: the protocol of kubectl's plugins
 * (kubernetes.io/docs/tasks/extend-kubectl/kubectl-plugins).
 *
 * @param words what was typed behind `kubectl sallyport`, the word at the cursor last, empty where there is none
 */
export async function complete(
  program: Command,
  words: readonly string[],
  source: (typed: Typed) => CompletionSource,
): Promise<string> {
  const at = readWords(program, words);
  const { candidates, directive, prefix = '' } = await candidatesAt(at, program, source);
  const fitting = candidates.filter(({ value }) => value.startsWith(at.word)).slice(0, CANDIDATES);
  const lines = fitting.map(({ value, about }) =>
    printable(`${prefix}${value}`).concat(about === undefined ? '' : `\t${printable(about)}`),
  );
  return [...lines, `:${directive}`].map((line) => `${line}\n`).join('');
}

interface Offered {
  readonly candidates: readonly Candidate[];
  readonly directive: Directive;
  readonly prefix?: string;
}

async function candidatesAt(
  { typed, wanted, word }: AtCursor,
  program: Command,
  source: (typed: Typed) => CompletionSource,
): Promise<Offered> {
  switch (wanted.type) {
    case 'Verb':
      return only(verbsOf(program).map((each) => ({ value: each.name(), about: each.description() })));
    case 'Flag':
      return only(
        flagsOf(typed).flatMap(({ long, description }) =>
          typeof long === 'string' ? [{ value: long, about: description }] : [],
        ),
      );
    case 'OptionValue': {
      const name = wanted.option.name();
      if (FILES.has(name)) return { candidates: [], directive: DIRECTIVE.files };
      return { ...only(await valuesOf(name, wanted.option.argChoices, typed, source)), prefix: wanted.prefix };
    }
    case 'Operand':
      return only(await operands(typed, wanted.argument?.name(), word, wanted.argument?.argChoices, source));
    case 'Foreign':
      return { candidates: [], directive: DIRECTIVE.files };
  }
}

async function valuesOf(
  name: string,
  choices: readonly string[] | undefined,
  typed: Typed,
  source: (typed: Typed) => CompletionSource,
): Promise<readonly Candidate[]> {
  switch (name) {
    case 'namespace':
      return await source(typed).namespaces();
    case 'output':
      return plain(OUTPUTS.filter((format) => format !== 'wide' || ['list', 'audit'].includes(typed.command.name())));
    case 'state':
      return plain(STATES);
    default:
      return plain(choices ?? []);
  }
}

/** What stands behind a verb. */
async function operands(
  typed: Typed,
  argument: string | undefined,
  word: string,
  choices: readonly string[] | undefined,
  source: (typed: Typed) => CompletionSource,
): Promise<readonly Candidate[]> {
  const verb = typed.command.name();
  const namespace = typed.options.get('namespace');
  if (argument === 'request') return await source(typed).requests(verb, namespace, word);
  if (verb === 'request' && typed.operands.length === 0) return plain(REQUESTED);
  const isPod = typed.operands.length === 1 && Object.hasOwn(STREAMS, typed.operands[0] ?? '');
  if (isPod && (verb === 'request' || verb === 'can')) return await source(typed).pods(namespace);
  return plain(choices ?? []);
}

function only(candidates: readonly Candidate[]): Offered {
  return { candidates, directive: DIRECTIVE.nothingElse };
}

function plain(values: readonly string[]): readonly Candidate[] {
  return values.map((value) => ({ value }));
}
