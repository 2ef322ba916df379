import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { archiveSealed } from '../../src/audit/archive/archive-segments.ts';
import { createFileCursor } from '../../src/audit/ledger/file-cursor.ts';
import { nodeDisk } from '../../src/audit/ledger/node-disk.ts';
import { openLedger } from '../../src/audit/ledger/open-ledger.ts';
import { createS3Store, type ObjectStore, type S3Options, type StoredObject } from '../../src/audit/s3/s3-store.ts';
import { verifyLedger } from '../../src/audit/verify/verify-ledger.ts';
import { systemClock } from '../../src/platform/clock/system-clock.ts';
import { ledgerDeps, ledgerOptions, useSubmission } from '../builders/ledger.ts';
import { type S3Server, startS3Server } from '../harness/s3-server.ts';

const LEDGER = '11111111-1111-4111-8111-111111111111';
const NEVER = new AbortController().signal;

let server: S3Server;
let directory = '';

beforeAll(async () => {
  server = await startS3Server();
  directory = await mkdtemp(join(tmpdir(), 'sallyport-s3-archive-'));
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

function storeOf(more: Partial<S3Options> = {}): ObjectStore {
  const { bucket, endpoint, credentials } = server;
  return createS3Store({
    bucket,
    endpoint,
    credentials,
    region: 'us-east-1',
    pathStyle: true,
    timeoutMs: 30_000,
    ...more,
  });
}

function object(key: string, contents: string): StoredObject {
  const sha256 = createHash('sha256').update(contents).digest('hex');
  return { key, bytes: Buffer.byteLength(contents), sha256, contentType: 'text/plain' };
}

describe('a real S3 server', () => {
  test('keeps an object once, and nobody overwrites it', async () => {
    const store = storeOf();
    const one = object('one', 'first');
    expect(await store.has(one, NEVER)).toBe(false);
    expect(await store.put(one, () => Readable.from([Buffer.from('first')]), NEVER)).toBe('Stored');
    expect(await store.has(one, NEVER)).toBe(true);
    expect(await store.put(one, () => Buffer.from('first'), NEVER)).toBe('Kept');
    await expect(store.put(object('one', 'other'), () => Buffer.from('other'), NEVER)).rejects.toMatchObject({
      code: 'Other',
    });
    expect((await server.objects()).get('one')?.toString()).toBe('first');
    store.close();
  });

  test('refuses contents that are not those of the checksum', async () => {
    const store = storeOf();
    const changed = store.put(
      object('two', 'what was sealed'),
      () => Readable.from([Buffer.from('what was forged')]),
      NEVER,
    );
    await expect(changed).rejects.toMatchObject({ code: 'Unavailable' });
    expect((await server.objects()).has('two')).toBe(false);
    store.close();
  });

  test('refuses whoever has not the key, and a bucket that is not there is told', async () => {
    for (const more of [
      { credentials: { accessKeyId: 'sallyport', secretAccessKey: 'guessed' } },
      { bucket: 'no-such-bucket' },
    ]) {
      const store = storeOf(more);
      await expect(store.put(object('three', 'x'), () => Buffer.from('x'), NEVER)).rejects.toMatchObject({
        code: 'Unavailable',
      });
      store.close();
    }
    expect((await server.objects()).has('three')).toBe(false);
  });

  test('holds an archive from which the ledger is restored and verified, but for its open end', async () => {
    const source = join(directory, 'ledger');
    const ledger = await openLedger(ledgerOptions(source, { segmentBytes: 3_000 }), ledgerDeps(systemClock));
    for (let use = 0; use < 12; use += 1) {
      await ledger.append([1, 2, 3, 4].map((part) => useSubmission(`${use}-${part}`)));
    }
    await ledger[Symbol.asyncDispose]();
    const store = storeOf();
    const cursor = createFileCursor({ directory: source, name: 'archive', ledger: LEDGER, disk: nodeDisk });
    const events = {
      archived: () => undefined,
      missing: () => undefined,
      removed: () => undefined,
      badSeal: () => undefined,
      held: () => undefined,
      behind: () => undefined,
      strayed: () => undefined,
      failed: () => undefined,
    };
    const archived = await archiveSealed(
      { directory: source, ledger: LEDGER, prefix: 'prod/' },
      { disk: nodeDisk, store, cursor, events },
      NEVER,
    );
    store.close();

    const restored = join(directory, 'restored');
    for (const [key, contents] of await server.objects()) {
      const name = key.startsWith(`prod/${LEDGER}/`) ? key.slice(`prod/${LEDGER}/`.length) : undefined;
      if (name === undefined) continue;
      await mkdir(dirname(join(restored, name)), { recursive: true });
      await writeFile(join(restored, name), contents);
    }
    const names = (await readdir(restored)).filter((name) => name.endsWith('.ndjson'));
    const seals = (await readdir(source)).filter((name) => name.endsWith('.seal.json')).sort();
    expect(names.length).toBeGreaterThan(2);
    for (const name of names) expect(await readFile(join(restored, name))).toEqual(await readFile(join(source, name)));
    const verdict = await verifyLedger(
      { directory: restored, pins: [], heads: [] },
      { disk: nodeDisk, clock: systemClock },
    );
    expect(verdict.findings.map(({ kind, file }) => `${kind} ${file}`)).toEqual([
      'BadHead head.json',
      `Missing ${seals.at(-1)}`,
    ]);
    expect(verdict.records).toBe(archived);
  });
});
