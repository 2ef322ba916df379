import { readFile, writeFile } from 'node:fs/promises';

/** Puts text of a run between the two markers of a page that name who writes there. */
export async function writeBetween(file: string, writer: string, text: string): Promise<void> {
  const page = await readFile(file, 'utf8');
  const [begin, end] = [`<!-- begin: written by ${writer} -->`, `<!-- end: written by ${writer} -->`];
  const [before, rest] = page.split(begin);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined) throw new Error(`${file} has no markers of ${writer}`);
  await writeFile(file, `${before}${begin}\n\n${text}\n${end}${after}`);
}
