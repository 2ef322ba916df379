import { describe, expect, test } from 'vitest';
import { FakeClock } from '../../ports/fake-clock.ts';
import { silentLogger } from '../../platform/telemetry/logger.ts';
import { followServingFiles } from './serving-files.ts';

const of = (certificatePem: string, token = '') => ({
  certificate: { certificatePem, privateKeyPem: `key of ${certificatePem}` },
  token,
});

describe('the files of a listener', () => {
  test('are read again: a new certificate is taken up once, and what cannot be read changes nothing', async () => {
    const clock = new FakeClock();
    const stop = new AbortController();
    const taken: string[] = [];
    const tokens: string[] = [];
    let read = () => Promise.resolve(of('one', 'a'));
    const following = followServingFiles(
      {
        name: 'audit.receiver',
        listener: { setCertificate: ({ certificatePem }) => taken.push(certificatePem) },
        first: of('one', 'a'),
        read: () => read(),
        onRead: ({ token }) => tokens.push(token),
      },
      { clock, log: silentLogger },
      stop.signal,
    );
    await clock.advance(30_000);
    read = () => Promise.resolve(of('two', 'b'));
    await clock.advance(30_000);
    read = () => Promise.reject(new Error('half of a renewal'));
    await clock.advance(30_000);
    read = () => Promise.resolve(of('two', 'c'));
    await clock.advance(30_000);
    expect(taken).toEqual(['two']);
    expect(tokens).toEqual(['a', 'b', 'c']);
    stop.abort();
    await following;
  });
});
