import { expect, test } from 'vitest';
import { createKeyedLock } from './keyed-lock.ts';

test('work on one key runs one after the other, on others at once, and a failure keeps nobody out', async () => {
  const locked = createKeyedLock();
  const log: string[] = [];
  const gate = Promise.withResolvers<void>();
  const first = locked('a', async () => {
    log.push('first begins');
    await gate.promise;
    log.push('first ends');
    throw new Error('first');
  });
  const second = locked('a', async () => log.push('second'));
  await locked('b', async () => log.push('other'));
  expect(log).toEqual(['first begins', 'other']);
  gate.resolve();
  await expect(first).rejects.toThrow('first');
  await second;
  expect(log).toEqual(['first begins', 'other', 'first ends', 'second']);
});
