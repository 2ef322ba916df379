import { expect, test } from 'vitest';
import { configJsonSchema } from '../../src/platform/config/schema.ts';
import { rooms } from '../architecture/import-table.ts';
import { runConformance } from '../conformance/cel-conformance.ts';
import { celReport } from './cel-report.ts';
import { configTable } from './config-table.ts';
import { keptSection } from './keep-section.ts';
import { roomGraph } from './room-graph.ts';
import { sinkExamples } from './sink-examples.ts';

/** Sections that are made from the code. `UPDATE_DOCS=1 npx vitest run --project unit test/docs` writes them. */
const SECTIONS: readonly { readonly page: string; readonly name: string; readonly text: () => string }[] = [
  { page: 'docs/operations.md', name: 'config', text: () => configTable(configJsonSchema()) },
  { page: 'docs/architecture.md', name: 'rooms', text: () => roomGraph(rooms) },
  { page: 'docs/sinks.md', name: 'examples', text: () => sinkExamples() },
  { page: 'docs/cel.md', name: 'conformance', text: () => celReport(runConformance()) },
];

test.each(SECTIONS)('$page says of $name what the code says', { timeout: 120_000 }, ({ page, name, text }) => {
  const made = text();
  expect(keptSection(page, name, made)).toBe(made);
});
