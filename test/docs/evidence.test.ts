import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { recordObject } from '../../src/core/evidence/record-name.ts';
import { SELECTORS } from '../../src/audit/read-api/selection.ts';
import { auditTable } from '../../src/cli/audit-table.ts';
import { auditTimeline } from '../../src/cli/audit-timeline.ts';
import { PLAIN } from '../../src/cli/paint.ts';
import type { RecordItem } from '../../src/cli/records.ts';
import { evidenceOfRequest, LEDGER } from '../builders/evidence-of-request.ts';
import { keptSection } from './keep-section.ts';

const PAGE = 'docs/evidence.md';

function items(): readonly RecordItem[] {
  return evidenceOfRequest().flatMap((record) => (recordObject(LEDGER, record) ?? []) as RecordItem);
}

describe('docs/evidence.md', () => {
  test('shows the timeline that is printed', () => {
    const made = `\`\`\`text\n${auditTimeline('prod/exec-web-0-7f3c1a9e', items(), PLAIN)}\`\`\`\n`;
    expect(keptSection(PAGE, 'timeline', made)).toBe(made);
  });

  test('shows the table that is printed', () => {
    const found = items().filter(({ entry }) => entry.kind !== 'AuditEvent');
    const made = `\`\`\`text\n${auditTable(found, { namespaces: false, wide: false, paint: PLAIN })}\`\`\`\n`;
    expect(keptSection(PAGE, 'table', made)).toBe(made);
  });

  test('names everything that records are selected by', () => {
    const page = readFileSync(new URL(`../../${PAGE}`, import.meta.url), 'utf8');
    for (const selector of SELECTORS) expect(page).toContain(`| \`${selector}\` |`);
  });
});
