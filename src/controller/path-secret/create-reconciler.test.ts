import { beforeEach, describe, expect, test } from 'vitest';
import { FakeClock } from '../../ports/fake-clock.ts';
import { FakeSecretStore } from '../../ports/fake-secret-store.ts';
import { silentLogger } from '../../platform/telemetry/logger.ts';
import { createPathSecretReconciler } from './create-reconciler.ts';
import { accepted, PATH_SECRET, pathSecretOf } from './path-secret.ts';

const HOUR = 3_600_000;

let clock: FakeClock;
let secrets: FakeSecretStore;
let made: number;
/** What the webhook configurations carry. */
let configured: string | undefined;
/** Whether the controller gets its configurations written. */
let writes: boolean;

beforeEach(() => {
  clock = new FakeClock();
  secrets = new FakeSecretStore();
  made = 0;
  configured = undefined;
  writes = true;
});

/** One leadership; each call is one look, and then the configurations are written. */
function leader(): () => Promise<number> {
  let wanted = '';
  let carried: string | undefined;
  const reconcile = createPathSecretReconciler({
    secrets,
    clock,
    log: silentLogger,
    newSecret: () => (made++).toString(16).padStart(64, '0'),
    rotateMs: HOUR,
    onSecret: (secret) => {
      wanted = secret;
    },
    carried: () => carried,
  });
  return async () => {
    const result = await reconcile('only', new AbortController().signal);
    if (writes) configured = carried = wanted;
    return result.type === 'Again' ? result.afterMs : 0;
  };
}

const stored = () => pathSecretOf(secrets.secrets.get(PATH_SECRET)?.values);
const known = () => accepted(stored() ?? { current: '', since: 0 });

/** Looks when the reconciler asks to, and expects that what is configured was always accepted. */
async function pass(look: () => Promise<number>, milliseconds: number): Promise<void> {
  const end = clock.now() + milliseconds;
  while (clock.now() < end) {
    await clock.advance(await look());
    expect(known()).toContain(configured);
  }
}

describe('the secret in the path', () => {
  test('is made at the first start, and configured at once: nothing else would be known', async () => {
    await leader()();
    expect(stored()?.current).toMatch(/^[0-9a-f]{64}$/);
    expect(stored()?.previous).toBeUndefined();
    expect(configured).toBe(stored()?.current);
  });

  test('changes every hour; what is configured is always accepted, and the old one is not for long', async () => {
    const look = leader();
    const seen = new Set<string | undefined>();
    for (let hour = 0; hour < 5; hour += 1) {
      await pass(look, HOUR);
      await pass(look, 120_000);
      seen.add(configured);
      expect(known()).toEqual([configured]);
    }
    expect(seen.size).toBe(5);
  });

  test('is configured only when every replica has had 10 s to see it', async () => {
    await leader()();
    const old = configured;
    const look = leader();
    await look();
    expect(stored()?.previous).toBe(old);
    await clock.advance(9_999);
    await look();
    expect(configured).toBe(old);
    await clock.advance(1);
    await look();
    expect(configured).toBe(stored()?.current);
    expect(configured).not.toBe(old);
  });

  test('changes with the leader, and with leaders that follow each other quickly only once', async () => {
    await leader()();
    for (let restart = 0; restart < 5; restart += 1) {
      await leader()();
      await clock.advance(1_000);
      expect(known()).toContain(configured);
    }
    expect(made).toBe(2);
  });

  test('keeps the old one for as long as the configurations cannot be written', async () => {
    const look = leader();
    await look();
    const old = configured;
    writes = false;
    await pass(look, 3 * HOUR);
    expect(configured).toBe(old);
    writes = true;
    await pass(look, 120_000);
    expect(known()).toEqual([configured]);
    expect(configured).not.toBe(old);
  });

  test.each<[string, Record<string, string>]>([
    ['emptied', {}],
    ['shortened', { current: 'abc', since: '2026-01-01T00:00:00Z' }],
    ['robbed of its time', { current: '0'.repeat(64), since: '' }],
  ])('is made anew where the Secret is %s', async (_, values) => {
    const look = leader();
    await look();
    secrets.put(PATH_SECRET, values);
    await look();
    expect(configured).toBe(stored()?.current);
    expect(made).toBe(2);
  });
});
