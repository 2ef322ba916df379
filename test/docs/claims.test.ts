import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { requirements } from '../e2e/requirements.ts';

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');

/** Lines such as `- It does this. <!-- README-this -->`. */
const CLAIM = /^- (.+) <!-- (README-[a-z-]+) -->$/gm;

test('what the README claims is what the requirements hold, word for word', () => {
  const claimed = [...readme.matchAll(CLAIM)].map(([, text, id]) => ({ id, text }));
  const held = requirements.filter(({ source }) => source === 'README').map(({ id, text }) => ({ id, text }));
  expect(claimed.length).toBeGreaterThan(0);
  expect(claimed).toEqual(held);
});

test('no line of what it does is without a claim', () => {
  const section = /## What it does\n(.*?)\n## /s.exec(readme)?.[1] ?? '';
  const lines = section.split('\n').filter((line) => line.startsWith('- '));
  expect(lines.filter((line) => !new RegExp(CLAIM.source).test(line))).toEqual([]);
});
