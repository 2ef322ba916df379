import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../src/platform/clock/system-clock.ts';
import { FakeClock } from '../../src/ports/fake-clock.ts';
import { startComponent } from './component-process.ts';
import { waitUntil } from './wait.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'component-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('a wait ends at once when the process dies, with the end of its log', async () => {
  const command = ['sh', '-c', 'echo first; echo "bind: address already in use" >&2; exit 3'];
  const component = await startComponent('etcd', command, join(folder, 'etcd.log'), process.env);
  const wait = { what: 'etcd', timeoutMs: 20_000, clock: systemClock, check: () => component.check() };
  await expect(waitUntil(wait, async () => false)).rejects.toThrow(
    /^etcd ended \(exit code 3\).*\nfirst\nbind: address already in use$/,
  );
});

test('a program that does not exist counts as one that died', async () => {
  const component = await startComponent('kubelet', ['/nowhere/kubelet'], join(folder, 'kubelet.log'), process.env);
  await expect.poll(() => component.check().then(() => 'runs', String)).toContain('ENOENT');
});

test('a wait has an end, and says what it waited for and why it was in vain', async () => {
  const clock = new FakeClock();
  const waiting = waitUntil({ what: 'the node', timeoutMs: 90_000, clock }, async () => {
    throw new Error('connection refused');
  });
  const outcome = waiting.catch(String);
  await clock.advance(0);
  await clock.advance(90_000);
  expect(await outcome).toContain('waited 90 s for the node: connection refused');
});

test('a wait ends as soon as the answer is yes', async () => {
  const clock = new FakeClock();
  let answers = 0;
  const waiting = waitUntil({ what: 'it', timeoutMs: 1_000, clock }, async () => ++answers === 3);
  await clock.advance(0);
  await clock.advance(200);
  await waiting;
  expect(answers).toBe(3);
});
