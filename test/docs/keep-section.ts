import { readFileSync, writeFileSync } from 'node:fs';
import { sectionOf } from './markdown.ts';

/** What a section of a page says. With UPDATE_DOCS=1 it says `made` from here on. */
export function keptSection(page: string, name: string, made: string): string {
  const file = new URL(`../../${page}`, import.meta.url);
  const read = readFileSync(file, 'utf8');
  const written = sectionOf(read, name);
  if (process.env['UPDATE_DOCS'] !== '1') return written;
  const begin = `<!-- ${name}:begin -->\n`;
  writeFileSync(
    file,
    read.replace(begin + written, () => begin + made),
  );
  return made;
}
