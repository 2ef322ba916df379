import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * The number of the first record that does not stand where it stood, by comparing bytes: what a verifier, which has the
 * spoiled one alone, must come to. Where all records stand as they did, that of the first segment whose seal is another.
 *
 * @returns undefined where neither is
 */
export async function firstWrong(before: string, after: string): Promise<number | undefined> {
  const firsts = [...new Set([...(await numbers(before)), ...(await numbers(after))])].sort((a, b) => a - b);
  for (const first of firsts) {
    const [was, is] = await Promise.all([linesOf(before, first), linesOf(after, first)]);
    const wrong = [...Array(Math.max(was.length, is.length)).keys()].find((at) => was[at] !== is[at]);
    if (wrong !== undefined) return first + wrong;
  }
  for (const first of firsts)
    if ((await textOf(before, sealName(first))) !== (await textOf(after, sealName(first)))) return first;
  return undefined;
}

async function numbers(directory: string): Promise<readonly number[]> {
  const names = (await readdir(directory)).filter((name) => /^\d{20}\.ndjson$/.test(name));
  return names.map((name) => Number(name.slice(0, 20)));
}

/** Each with its newline; what no newline ends is one too. */
async function linesOf(directory: string, first: number): Promise<readonly string[]> {
  const text = (await textOf(directory, `${digits(first)}.ndjson`)) ?? '';
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

function textOf(directory: string, name: string): Promise<string | undefined> {
  return readFile(join(directory, name), 'latin1').catch(() => undefined);
}

const digits = (first: number) => String(first).padStart(20, '0');
const sealName = (first: number) => `${digits(first)}.seal.json`;
