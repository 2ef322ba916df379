import type { Argument, Command, Option } from 'commander';

/** One thing that may stand where the cursor is. */
export interface Candidate {
  readonly value: string;
  /** For shells that show one. */
  readonly about?: string;
}

/** What the command line says as far as it is typed. */
export interface Typed {
  /** The verb's; the program itself before one is typed. */
  readonly command: Command;
  /** What stands behind the verb and is no option. */
  readonly operands: readonly string[];
  /** Options by their long name without dashes: what was typed last. */
  readonly options: ReadonlyMap<string, string>;
}

/** What is asked for at the cursor. */
export type Wanted =
  | { readonly type: 'Verb' }
  | { readonly type: 'Flag' }
  /** @property prefix of every value: `--output=` where it stands in the same word */
  | { readonly type: 'OptionValue'; readonly option: Option; readonly prefix: string }
  | { readonly type: 'Operand'; readonly argument: Argument | undefined }
  /** Behind `--`: it is another program's. */
  | { readonly type: 'Foreign' };

export interface AtCursor {
  readonly typed: Typed;
  readonly wanted: Wanted;
  /** What is typed of it already. */
  readonly word: string;
}

/** Reads a command line up to the cursor, with the options and arguments that the program declares. */
export function readWords(program: Command, words: readonly string[]): AtCursor {
  const before = words.slice(0, -1);
  const last = words.at(-1) ?? '';
  let command = program;
  const operands: string[] = [];
  const options = new Map<string, string>();
  const typed = (): Typed => ({ command, operands, options });
  for (let index = 0; index < before.length; index += 1) {
    const word = before[index] ?? '';
    if (word === '--') return { typed: typed(), wanted: { type: 'Foreign' }, word: last };
    if (word.startsWith('-') && word !== '-') {
      const { option, value } = optionOf(command, program, word);
      if (option === undefined || !takesValue(option)) continue;
      if (value !== undefined) options.set(option.name(), value);
      else if (index === before.length - 1)
        return { typed: typed(), wanted: { type: 'OptionValue', option, prefix: '' }, word: last };
      else {
        options.set(option.name(), before[index + 1] ?? '');
        index += 1;
      }
      continue;
    }
    const verb = command === program ? verbsOf(program).find((each) => isNamed(each, word)) : undefined;
    if (verb === undefined) operands.push(word);
    else command = verb;
  }
  const equals = /^(--[^=]+=)(.*)$/s.exec(last);
  if (equals !== null) {
    const [, prefix = '', word = ''] = equals;
    const { option } = optionOf(command, program, prefix.slice(0, -1));
    if (option !== undefined) return { typed: typed(), wanted: { type: 'OptionValue', option, prefix }, word };
  }
  if (last.startsWith('-')) return { typed: typed(), wanted: { type: 'Flag' }, word: last };
  if (command === program) return { typed: typed(), wanted: { type: 'Verb' }, word: last };
  return { typed: typed(), wanted: { type: 'Operand', argument: argumentAt(command, operands.length) }, word: last };
}

/** The verbs that help shows. */
export function verbsOf(program: Command): readonly Command[] {
  return program.createHelp().visibleCommands(program);
}

/** The flags of a verb, and those that every verb has. */
export function flagsOf({ command }: Typed): readonly Option[] {
  const own = command.createHelp().visibleOptions(command);
  return command.parent === null ? own : [...own, ...command.parent.options];
}

function optionOf(
  command: Command,
  program: Command,
  word: string,
): { readonly option: Option | undefined; readonly value?: string } {
  const all = [...command.options, ...program.options];
  const [flag = '', ...rest] = word.split('=');
  const option = all.find(({ long, short }) => long === flag || short === flag);
  if (option !== undefined) return rest.length === 0 ? { option } : { option, value: rest.join('=') };
  // `-nprod`
  const short = all.find((each) => each.short === word.slice(0, 2));
  return short === undefined || word.startsWith('--') ? { option: undefined } : { option: short, value: word.slice(2) };
}

function takesValue({ required, optional }: Option): boolean {
  return required || optional;
}

function isNamed(command: Command, word: string): boolean {
  return command.name() === word || command.aliases().includes(word);
}

function argumentAt(command: Command, index: number): Argument | undefined {
  const declared = command.registeredArguments;
  return declared[index] ?? (declared.at(-1)?.variadic === true ? declared.at(-1) : undefined);
}
