import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { anchorsOf, blocksOf, commandsOf, linksOf, readPages } from './markdown.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const pages = readPages(root);
const makefile = readFileSync(join(root, 'Makefile'), 'utf8');
const scripts = Object.keys(
  (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> }).scripts,
);

const SHELLS = ['sh', 'bash', 'shell', 'zsh'];
const USERS = ['admin', 'alice', 'bob', 'carol'];
/** What may follow a plain `$`: it is for the reader's own shell, and no test types it. */
const PLAIN = /^(make [a-z]+|export (PATH|KUBECONFIG)=\$PWD\/\.local\/\S+)$/;

/** Kept by `tools/cluster`, and older than the convention. */
const OWN_CONVENTION = new Set(['tools/cluster/README.md']);

describe.each(pages.map((page) => [page.path, page] as const))('%s', (path, { text }) => {
  test('every link leads to a file and a heading that exist', () => {
    const broken = linksOf(text).filter((link) => {
      if (/^[a-z]+:/.test(link)) return false;
      const [file = '', anchor] = link.split('#');
      const target = file === '' ? path : normalize(join(dirname(path), file));
      if (target.startsWith('..') || !existsSync(join(root, target))) return true;
      return anchor !== undefined && !anchorsOf(readFileSync(join(root, target), 'utf8')).includes(anchor);
    });
    expect(broken).toEqual([]);
  });

  test('every make target and npm script that it names exists', () => {
    const code = [...blocksOf(text).map((block) => block.text), ...(text.match(/`[^`\n]+`/g) ?? [])].join('\n');
    const targets = [...code.matchAll(/\bmake ([a-z]+)/g)].map(([, target]) => target ?? '');
    expect(targets.filter((target) => !new RegExp(`^${target}:`, 'm').test(makefile))).toEqual([]);
    const named = [...code.matchAll(/\bnpm run (?:-\S+ )*([a-z][-a-z]*)/g)].map(([, script]) => script ?? '');
    expect(named.filter((script) => !scripts.includes(script))).toEqual([]);
  });

  test('every command is one that a test runs, or says why none does', () => {
    if (OWN_CONVENTION.has(path)) return;
    const blocks = blocksOf(text);
    expect(blocks.filter((block) => block.language === '').map((block) => block.line)).toEqual([]);
    const unmarked = blocks.filter((block) => SHELLS.includes(block.language) && block.notRun === undefined);
    expect(unmarked.map((block) => block.line)).toEqual([]);
    const commands = blocks.filter((block) => block.language === 'console').flatMap(commandsOf);
    const unknown = commands.filter(({ user, command }) =>
      user === '' ? !PLAIN.test(command) : !USERS.includes(user),
    );
    expect(unknown).toEqual([]);
  });
});
