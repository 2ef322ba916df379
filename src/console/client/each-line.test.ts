import { expect, test } from 'vitest';
import { eachLine } from './each-line.ts';

async function linesOf(...chunks: readonly Uint8Array[]): Promise<string[]> {
  const lines: string[] = [];
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
  await eachLine(body, (line) => lines.push(line));
  return lines;
}

const bytes = (text: string) => new TextEncoder().encode(text);

test('lines come whole, however they are cut, within a letter too; what was cut off at the end is none', async () => {
  const all = bytes('{"a":"é"}\n\n{"b":1}\n{"c"');
  for (let at = 0; at <= all.length; at += 1) {
    expect(await linesOf(all.subarray(0, at), all.subarray(at))).toEqual(['{"a":"é"}', '{"b":1}']);
  }
});
