import { expect, test } from 'vitest';
import { decisions } from '../../../test/builders/evidence.ts';
import { sinkMessages } from '../../../test/builders/sink-messages.ts';
import { createS3Sink, type SinkStore } from './s3.ts';
import { headMessage } from './to-message.ts';

const NEVER = new AbortController().signal;
const LEDGER = '00000000-0000-4000-8000-000000000000';

/** Holds what it was given, and refuses to overwrite, as a bucket with object lock. */
function lockedStore() {
  const objects = new Map<string, string>();
  const store: SinkStore = {
    put: async ({ key, bytes }, open) => {
      const body = Buffer.from(open()).toString();
      if (Buffer.byteLength(body) !== bytes) throw new Error('another length');
      if ((objects.get(key) ?? body) !== body) throw new Error('something else stands there');
      objects.set(key, body);
    },
  };
  return { objects, store };
}

test('a batch is one object of NDJSON; again it is the same one, and nothing is overwritten', async () => {
  const { objects, store } = lockedStore();
  const sink = createS3Sink(store, 'sallyport/');
  const messages = await sinkMessages(decisions(5));
  await sink.send(messages.slice(2, 4), NEVER);
  await sink.send(messages.slice(2, 4), NEVER);
  await sink.send(messages.slice(2), NEVER);
  await sink.send([headMessage({ seq: 5, hash: 'a', time: '2026-01-01T00:00:00.000Z' }, LEDGER, '{}')], NEVER);
  expect([...objects.keys()].map((key) => key.replace(/-[0-9a-f]{8}\./, '-HASH.'))).toEqual([
    `sallyport/${LEDGER}/records/00000000000000000003-00000000000000000004-HASH.ndjson`,
    `sallyport/${LEDGER}/records/00000000000000000003-00000000000000000005-HASH.ndjson`,
    `sallyport/${LEDGER}/heads/00000000000000000005-00000000000000000005-HASH.ndjson`,
  ]);
  const lines = ([...objects.values()][1] ?? '').split('\n');
  expect(lines.pop()).toBe('');
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(messages.slice(2).map(({ document }) => document));
});

test('a store that fails is tried again', async () => {
  const sink = createS3Sink({ put: () => Promise.reject(new Error('SlowDown')) }, '');
  await expect(sink.send(await sinkMessages(), NEVER)).rejects.toMatchObject({
    code: 'Unavailable',
    message: 'SlowDown',
  });
});
