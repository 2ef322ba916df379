import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { runBacktest } from '../../src/audit/backtest/run-backtest.ts';
import { streamSource } from '../../src/audit/backtest/sources.ts';
import { BACKTEST_EXITS } from '../../src/cli/backtest.ts';
import { backtestReport } from '../../src/cli/backtest-report.ts';
import type { ApprovalPolicy } from '../../src/core/api/kinds.ts';
import { AUDIT_LOG_POLICY, auditLog, auditLogNamespace } from '../builders/audit-log.ts';
import { compile } from '../builders/decision-world.ts';
import { keptSection } from './keep-section.ts';

const PAGE = 'docs/backtest.md';

test('docs/backtest.md shows what is printed', async () => {
  const policy = compile(AUDIT_LOG_POLICY as unknown as ApprovalPolicy);
  if (!policy.ready) throw new Error('the policy is not ready');
  const log = { seed: 1, events: 50_000, from: Date.parse('2026-11-10T00:00:00Z'), days: 10 };
  const lines = auditLog(log, { held: 0, unknown: 0, forbidden: 0 });
  const report = await runBacktest(
    {
      policies: [policy],
      namespace: auditLogNamespace,
      person: (name) => name,
      sources: [
        streamSource(
          'audit.log',
          Readable.from(lines, { objectMode: true }).map((line: string) => Buffer.from(line)),
        ),
      ],
    },
    new AbortController().signal,
  );
  const made = `\`\`\`text\n${backtestReport(report)}\`\`\`\n`;
  expect(keptSection(PAGE, 'backtest-output', made)).toBe(made);
});

test('docs/backtest.md names every exit code', () => {
  const rows = BACKTEST_EXITS.map(([code, meaning]) => `| ${code} | ${meaning} |\n`).join('');
  const made = `| Code | |\n|---|---|\n${rows}`;
  expect(keptSection(PAGE, 'backtest-exits', made)).toBe(made);
});
