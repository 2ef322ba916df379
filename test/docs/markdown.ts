import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A page of the documentation. */
export interface Page {
  /** From the root of the repository. */
  readonly path: string;
  readonly text: string;
}

/** A fenced block (CommonMark §4.5). */
export interface Block {
  readonly language: string;
  readonly text: string;
  /** Line of the opening fence. */
  readonly line: number;
  /** Why no test runs it: `<!-- not run by a test: … -->` on the line before. */
  readonly notRun: string | undefined;
}

/** One command of a `console` block, and what it prints. */
export interface Command {
  /** Who types it; empty for the plain `$` of a shell in the repository. */
  readonly user: string;
  readonly command: string;
  readonly output: string;
}

const PAGES = ['*.md', 'docs/**/*.md', 'examples/**/*.md', 'tools/**/*.md'];

export function readPages(root: string): Page[] {
  return globSync(PAGES, { cwd: root, exclude: (path) => path.includes('node_modules') })
    .toSorted()
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));
}

export function blocksOf(text: string): Block[] {
  const lines = text.split('\n');
  const blocks: Block[] = [];
  for (let at = 0; at < lines.length; at += 1) {
    const language = /^```(.*)$/.exec(lines[at] ?? '')?.[1];
    if (language === undefined) continue;
    const end = lines.indexOf('```', at + 1);
    if (end === -1) throw new Error(`the block in line ${at + 1} does not end`);
    blocks.push({
      language: language.trim(),
      text: lines.slice(at + 1, end).join('\n'),
      line: at + 1,
      notRun: /^<!-- not run by a test: (.+) -->$/.exec(lines[at - 1] ?? '')?.[1],
    });
    at = end;
  }
  return blocks;
}

const PROMPT = /^([a-z]*)\$ (.*)$/;

/** The commands of a `console` block. What comes before the first prompt belongs to nobody, and is an error. */
export function commandsOf(block: Block): Command[] {
  const commands: { user: string; command: string; output: string }[] = [];
  for (const line of block.text.split('\n')) {
    const [, user, command] = PROMPT.exec(line) ?? [];
    if (user !== undefined && command !== undefined) {
      commands.push({ user, command, output: '' });
      continue;
    }
    const last = commands.at(-1);
    if (last === undefined) throw new Error(`the block in line ${block.line} does not begin with a prompt`);
    last.output += `${line}\n`;
  }
  return commands;
}

/** Targets of links, without those of blocks of code. */
export function linksOf(text: string): string[] {
  const prose = blocksOf(text).reduce((rest, block) => rest.replace(block.text, ''), text);
  return [...prose.matchAll(/\]\(([^()\s]+)\)/g)].map(([, target]) => target ?? '');
}

/** The anchors of the headings of a page, as GitHub makes them. */
export function anchorsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    (heading ?? '')
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/** What stands between `<!-- name:begin -->` and `<!-- name:end -->`. */
export function sectionOf(text: string, name: string): string {
  const found = new RegExp(`<!-- ${name}:begin -->\n(.*?)<!-- ${name}:end -->`, 's').exec(text)?.[1];
  if (found === undefined) throw new Error(`there is no section ${name}`);
  return found;
}
