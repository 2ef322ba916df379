import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { newKeyPem } from '../../../test/builders/ledger.ts';
import { configSchema } from '../../platform/config/schema.ts';
import { silentLogger } from '../../platform/telemetry/logger.ts';
import { createMetrics } from '../../platform/telemetry/metrics.ts';
import { FakeClock } from '../../ports/fake-clock.ts';
import { createProcessLedger } from '../process-ledger.ts';
import type { Process, ProcessLedger } from '../process.ts';
import { auditRole } from './audit.ts';

let directory = '';
let problems: string[] = [];
const clock = new FakeClock();
let stop = new AbortController();
let opened: ProcessLedger | undefined;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'audit-role-'));
  [problems, stop] = [[], new AbortController()];
});
afterEach(async () => {
  stop.abort();
  await opened?.[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

/** What the role takes of a process. */
function processOf(audit: object | undefined, roles = ['audit']): Process {
  const process = {
    config: configSchema.parse({ roles, ...(audit === undefined ? {} : { audit }) }),
    clock,
    log: { ...silentLogger, error: ({ err }: { err: string }, message: string) => problems.push(`${message}: ${err}`) },
    metrics: createMetrics({ processMetrics: false }),
    // What the observers wait for.
    view: { synced: () => false },
  } as unknown as Process;
  opened = createProcessLedger(process);
  return { ...process, ledger: opened };
}

test('without a configuration it does nothing, until it is told to stop', async () => {
  const role = auditRole(processOf(undefined));
  expect(role.ready()).toBe(true);
  let ended = false;
  const running = role.run(stop.signal).then(() => (ended = true));
  await Promise.resolve();
  expect(ended).toBe(false);
  stop.abort();
  await running;
});

test.each([
  ['alone it is not ready', ['audit'], false],
  ['with the gate it keeps the gate in its Service', ['audit', 'webhook'], true],
])('waits for its key, and then opens the ledger: until then %s', async (_, roles, ready) => {
  const keyFile = join(directory, 'key.pem');
  const ledger = join(directory, 'ledger');
  const role = auditRole(processOf({ ledger: { directory: ledger, keyFile } }, roles));
  const running = role.run(stop.signal);
  await expect.poll(() => problems).toMatchObject([expect.stringMatching(/^the ledger cannot be read: ENOENT/)]);
  expect(role.ready()).toBe(ready);
  await writeFile(keyFile, newKeyPem());
  await clock.advance(10_000);
  await expect.poll(() => role.ready()).toBe(true);
  await expect.poll(() => readdir(ledger)).toContain('head.json');
  stop.abort();
  await running;
});
