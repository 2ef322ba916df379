import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KubeResponseError } from './errors.ts';
import { watchLines } from './watch-lines.ts';

async function* from(chunks: Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

async function read(chunks: Uint8Array[], limit?: number): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of watchLines(from(chunks), limit)) lines.push(line);
  return lines;
}

describe('watch lines', () => {
  it('are the same however the body is cut into chunks', async () => {
    const lines = fc.array(
      fc.string({ unit: 'grapheme', minLength: 1 }).filter((line) => !/[\n\r]/.test(line) && line.trim() !== ''),
    );
    await fc.assert(
      fc.asyncProperty(lines, fc.integer({ min: 1, max: 7 }), async (lines, size) => {
        const body = Buffer.from(lines.map((line) => `${line}\n`).join(''));
        const chunks: Buffer[] = [];
        for (let at = 0; at < body.length; at += size) chunks.push(body.subarray(at, at + size));
        expect(await read(chunks)).toEqual(lines);
      }),
    );
  });

  it('leave out a last line that was cut off', async () => {
    expect(await read([Buffer.from('{"a":1}\n{"b":')])).toEqual(['{"a":1}']);
  });

  it.each([
    ['in one chunk', [Buffer.from('123456\n')]],
    ['over chunks', [Buffer.from('123'), Buffer.from('456')]],
  ])('may not be longer than the limit, %s', async (_, chunks) => {
    await expect(read(chunks, 5)).rejects.toBeInstanceOf(KubeResponseError);
    expect(await read([Buffer.from('12345\n')], 5)).toEqual(['12345']);
  });
});
