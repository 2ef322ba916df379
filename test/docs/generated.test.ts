import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { configJsonSchema } from '../../src/platform/config/schema.ts';
import { rooms } from '../architecture/import-table.ts';
import { configTable } from './config-table.ts';
import { sectionOf } from './markdown.ts';
import { roomGraph } from './room-graph.ts';

/** Sections that are made from the code. `UPDATE_DOCS=1 npx vitest run --project unit test/docs` writes them. */
const SECTIONS: readonly { readonly page: string; readonly name: string; readonly text: () => string }[] = [
  { page: 'docs/operations.md', name: 'config', text: () => configTable(configJsonSchema()) },
  { page: 'docs/architecture.md', name: 'rooms', text: () => roomGraph(rooms) },
];

test.each(SECTIONS)('$page says of $name what the code says', ({ page, name, text }) => {
  const file = new URL(`../../${page}`, import.meta.url);
  const made = text();
  const read = readFileSync(file, 'utf8');
  const written = sectionOf(read, name);
  if (process.env['UPDATE_DOCS'] === '1') {
    const begin = `<!-- ${name}:begin -->\n`;
    writeFileSync(
      file,
      read.replace(begin + written, () => begin + made),
    );
    return;
  }
  expect(written).toBe(made);
});
