import { expect, test } from 'vitest';
import { decisions } from '../../../test/builders/evidence.ts';
import { sinkMessages } from '../../../test/builders/sink-messages.ts';
import { createS3Sink } from './s3.ts';
import { headMessage } from './to-message.ts';

const NEVER = new AbortController().signal;
const LEDGER = '00000000-0000-4000-8000-000000000000';

test('a batch is one object of NDJSON, and the same batch grown by a restart replaces it', async () => {
  const objects = new Map<string, string>();
  const sink = createS3Sink({ put: async (key, body) => void objects.set(key, body.toString()) }, 'sallyport/');
  const messages = await sinkMessages(decisions(5));
  await sink.send(messages.slice(2, 4), NEVER);
  await sink.send(messages.slice(2), NEVER);
  await sink.send([headMessage({ seq: 5, hash: 'a', time: '2026-01-01T00:00:00.000Z' }, LEDGER, '{}')], NEVER);
  expect([...objects.keys()]).toEqual([
    `sallyport/${LEDGER}/records/00000000000000000003.ndjson`,
    `sallyport/${LEDGER}/heads/00000000000000000005.json`,
  ]);
  const lines = (objects.values().next().value ?? '').split('\n');
  expect(lines.pop()).toBe('');
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(messages.slice(2).map(({ document }) => document));
});

test('a store that fails is tried again', async () => {
  const sink = createS3Sink({ put: () => Promise.reject(new Error('SlowDown')) }, '');
  await expect(sink.send(await sinkMessages(), NEVER)).rejects.toMatchObject({ code: 'Unavailable' });
});
