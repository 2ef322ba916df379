import { open, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type BacktestProgress, runBacktest } from '../../src/audit/backtest/run-backtest.ts';
import { fileSource } from '../../src/audit/backtest/sources.ts';
import type { ApprovalPolicy } from '../../src/core/api/kinds.ts';
import { AUDIT_LOG_POLICY, auditLog, auditLogNamespace, type LogTruth } from '../builders/audit-log.ts';
import { compile } from '../builders/decision-world.ts';
import { amount } from './size.ts';

const EVENTS = amount('SALLYPORT_PROOF_AUDIT_EVENTS', { short: 50_000, long: 1_000_000 });
const LIMIT_MS = 60_000;
/** Whatever the number of events: what is read is not kept. */
const MEMORY_BYTES = 256 * 1024 * 1024;

let folder = '';
const truth: LogTruth = { held: 0, unknown: 0, forbidden: 0 };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'backtest-'));
  await using file = await open(join(folder, 'audit.log'), 'w');
  let block: string[] = [];
  for (const line of auditLog({ seed: 1, events: EVENTS, from: Date.parse('2026-10-21T00:00:00Z'), days: 30 }, truth)) {
    block.push(line);
    if (block.length < 5_000) continue;
    await file.write(block.join(''));
    block = [];
  }
  await file.write(block.join(''));
}, 600_000);

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

test(`${EVENTS} events of a month are judged in less than a minute, to the last one rightly`, {
  timeout: 600_000,
}, async () => {
  const policy = compile(AUDIT_LOG_POLICY as unknown as ApprovalPolicy);
  if (!policy.ready) throw new Error(JSON.stringify(policy.problems));
  const seen: BacktestProgress[] = [];
  const before = process.memoryUsage().rss;
  let peak = before;
  const cpuBefore = process.cpuUsage();
  const startedAt = performance.now();
  const report = await runBacktest(
    {
      policies: [policy],
      namespace: auditLogNamespace,
      person: (name) => name,
      sources: [await fileSource(join(folder, 'audit.log'))],
      onProgress: (progress) => {
        seen.push(progress);
        peak = Math.max(peak, process.memoryUsage().rss);
      },
    },
    new AbortController().signal,
  );
  const took = performance.now() - startedAt;
  const { user, system } = process.cpuUsage(cpuBefore);
  const ownMs = (user + system) / 1_000;
  console.log(
    `backtest: ${report.read.events} events in ${Math.round(took)} ms, ${Math.round(ownMs)} of them a processor's, ${Math.round(report.read.events / (took / 1000))} a second, ` +
      `${Math.round((peak - before) / 1024 / 1024)} MiB more memory at most, ${seen.length} times told how far it is`,
  );

  expect(report.read).toMatchObject({ broken: 0, tooOld: 0 });
  expect(report.read.events).toBeGreaterThanOrEqual(EVENTS);
  const [found] = report.policies;
  expect(found).toMatchObject({
    held: truth.held,
    refused: 0,
    unknown: truth.unknown,
    notReached: [{ reason: 'Forbidden', count: truth.forbidden }],
  });
  expect(found?.unknownBecause).toEqual([{ reason: 'change', count: truth.unknown }]);
  expect(found?.days.length).toBe(30);
  expect(seen.at(-1)?.events).toBe(report.read.events);
  expect(seen.at(-1)?.bytes).toBe(seen.at(-1)?.totalBytes);
  expect(seen.length).toBeGreaterThan(EVENTS / 100_000);
  expect(peak - before).toBeLessThan(MEMORY_BYTES);
  // Where others have the machine most of the time has nothing to do with it.
  expect(Math.min(took, ownMs)).toBeLessThan(LIMIT_MS);
});
