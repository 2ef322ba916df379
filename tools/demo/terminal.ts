/** How the demo looks: colours only where a person looks on. */
export interface DemoTerminal {
  title(text: string): void;
  /** What is going on behind the scenes. */
  progress(text: string): void;
  /** What the next command is about. */
  say(text: string): void;
  prompt(user: string, command: readonly string[]): void;
  output(text: string): void;
  failure(text: string): void;
}

export interface TerminalOptions {
  readonly write: (text: string) => void;
  readonly colours: boolean;
  /** Characters in a line; longer lines are folded between words. */
  readonly columns: number;
}

type Style = 'bold' | 'dim' | 'cyan' | 'green' | 'yellow' | 'red';

/** SGR parameters (ECMA-48 §8.3.117). */
const SGR: Readonly<Record<Style, number>> = { bold: 1, dim: 2, cyan: 36, green: 32, yellow: 33, red: 31 };

const USER_COLOURS: Readonly<Record<string, Style>> = { alice: 'cyan', bob: 'green', admin: 'yellow' };

export function createTerminal({ write, colours, columns }: TerminalOptions): DemoTerminal {
  const paint = (style: Style, text: string): string => (colours ? `\u001B[${SGR[style]}m${text}\u001B[0m` : text);
  const lines = (text: string, style?: Style): void => {
    for (const line of fold(text, columns)) write(`${style === undefined ? line : paint(style, line)}\n`);
  };
  return {
    title: (text) => lines(text, 'bold'),
    progress: (text) => lines(`  ${text}`, 'dim'),
    say: (text) => {
      write('\n');
      lines(`# ${text}`, 'bold');
    },
    prompt: (user, command) => write(`${paint(USER_COLOURS[user] ?? 'dim', `${user}$`)} ${quoted(command)}\n`),
    output: (text) => lines(text.trimEnd()),
    failure: (text) => lines(text, 'red'),
  };
}

/**
 * Folds every line between words. A line that fits, has no blank in it, is a row of a table, or is a command to copy stays
 * as it is.
 */
export function fold(text: string, columns: number): string[] {
  return text.split('\n').flatMap((line) => foldLine(line, columns));
}

function foldLine(line: string, columns: number): string[] {
  if (/\S {3,}\S|^ +kubectl /.test(line)) return [line];
  const folded: string[] = [];
  let rest = line;
  while (rest.length > columns) {
    const indent = /^ */.exec(rest)?.[0].length ?? 0;
    const at = rest.lastIndexOf(' ', columns);
    if (at <= indent) break;
    folded.push(rest.slice(0, at));
    rest = `  ${rest.slice(at + 1)}`;
  }
  return [...folded, rest];
}

/** As it would be typed in a shell. */
function quoted(command: readonly string[]): string {
  return command.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)).join(' ');
}
