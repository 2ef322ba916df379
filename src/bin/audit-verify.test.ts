import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TwoLedgers, twoLedgers } from '../../test/harness/two-ledgers.ts';

const SALLYPORT = join(import.meta.dirname, 'sallyport.ts');

let ledgers: TwoLedgers;
beforeAll(async () => {
  ledgers = await twoLedgers();
});
afterAll(() => ledgers[Symbol.asyncDispose]());

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** @param to the file that is its standard output */
async function verify(args: readonly string[], to?: string): Promise<Ended> {
  const file = to === undefined ? undefined : openSync(to, 'w');
  const child = spawn(process.execPath, [SALLYPORT, 'audit', 'verify', ...args], {
    stdio: ['ignore', file ?? 'pipe', 'pipe'],
    timeout: 50_000,
  });
  let [out, err] = ['', ''];
  child.stdout?.setEncoding('utf8').on('data', (text: string) => void (out += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => void (err += text));
  const [code] = (await once(child, 'close')) as [number | null];
  if (file !== undefined) closeSync(file);
  return { code: code ?? -1, out, err };
}

async function names(directory: string, end: string): Promise<readonly string[]> {
  return (await readdir(directory)).filter((name) => name.endsWith(end)).sort();
}

describe('sallyport audit verify ends with', () => {
  test('0 of a ledger that is whole', async () => {
    const { code, out, err } = await ledgers.copy((directory) => verify([directory]));
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(/\nWHOLE\n$/);
  });

  test('1 of one that is not, and shows no escape of a name', async () => {
    await ledgers.copy(async (directory) => {
      const [key = ''] = await readdir(join(directory, 'keys'));
      await rename(join(directory, 'keys', key), join(directory, 'keys', '\u001B[31mx.pem'));
      const { code, out } = await verify([directory]);
      expect(code).toBe(1);
      expect(out).toContain('\\u{1b}[31mx.pem');
      expect(out).not.toContain('\u001B');
    });
  });

  test.each<[string, (directory: string) => readonly string[], string]>([
    ['no directory', () => [], 'missing required argument'],
    ['two directories', (directory) => [directory, directory], 'too many arguments'],
    ['an option without its value', (directory) => [directory, '--key'], 'argument missing'],
    ['a format that there is not', (directory) => [directory, '-o', 'xml'], 'is invalid'],
    ['a directory that is not there', (directory) => [`${directory}-not`], 'ENOENT'],
    [
      'a key that is none',
      (directory) => [directory, '--key', join(directory, 'head.json')],
      'is no ed25519 public key',
    ],
  ])('2 for %s', async (_what, args, says) => {
    const { code, out, err } = await ledgers.copy((directory) => verify(args(directory)));
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(says);
  });

  test('2 where its result cannot be written, without a stack', async () => {
    const { code, err } = await ledgers.copy((directory) => verify([directory], '/dev/full'));
    expect(code).toBe(2);
    expect(err).toMatch(/^sallyport: ENOSPC.*\n$/);
  });

  test('2 where a pipe has the name of a segment, at once', async () => {
    await ledgers.copy(async (directory) => {
      const newest = (await names(directory, '.ndjson')).at(-1) ?? '';
      await rm(join(directory, newest));
      await promisify(execFile)('mkfifo', [join(directory, newest)]);
      const { code, err } = await verify([directory]);
      expect(code).toBe(2);
      expect(err).toContain('is no regular file');
    });
  });

  test('3 where only the newest closed segments have no seal yet', async () => {
    await ledgers.copy(async (directory) => {
      const seals = await names(directory, '.seal.json');
      for (const name of seals.slice(-2)) await rm(join(directory, name));
      const { code, out } = await verify([directory]);
      expect(code).toBe(3);
      expect(out).toMatch(/\nNOT SEALED YET: 2 of the newest segments; nothing else is wrong\n$/);
    });
  });

  test('1 where an older one has none', async () => {
    await ledgers.copy(async (directory) => {
      const [, second = ''] = await names(directory, '.seal.json');
      await rm(join(directory, second));
      expect((await verify([directory])).code).toBe(1);
    });
  });

  test('1 where the newest has none, and a record in it was changed', async () => {
    await ledgers.copy(async (directory) => {
      const newest = (await names(directory, '.seal.json')).at(-1) ?? '';
      await rm(join(directory, newest));
      const segment = join(directory, newest.replace('.seal.json', '.ndjson'));
      await writeFile(segment, (await readFile(segment, 'utf8')).replace('alice', 'alicf'));
      expect((await verify([directory])).code).toBe(1);
    });
  });
});
