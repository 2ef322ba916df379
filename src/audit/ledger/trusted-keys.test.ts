import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import {
  ledgerDeps,
  ledgerOptions,
  newSigningKey,
  recordedEvents,
  useSubmission,
} from '../../../test/builders/ledger.ts';
import { testFolder } from '../../../test/harness/test-folder.ts';
import { FakeClock } from '../../ports/fake-clock.ts';
import { verifyLedger } from '../verify/verify-ledger.ts';
import { nodeDisk } from './node-disk.ts';
import { type LedgerOptions, openLedger } from './open-ledger.ts';
import { sealName, segmentName } from './segment.ts';
import { HEAD_FORMAT, type PublicKey, readPublicKey, readSeal, signed, signedText } from './signed-file.ts';
import type { SigningKey } from './signing-key.ts';

let directory = '';
let clock = new FakeClock();
const key = newSigningKey();
const mallory = newSigningKey();
beforeEach(async () => {
  directory = await testFolder();
  clock = new FakeClock();
});

const at = (name: string) => join(directory, name);

function open(by: SigningKey, formerKeys: readonly PublicKey[] = [], more: Partial<LedgerOptions> = {}) {
  return openLedger(
    ledgerOptions(directory, more),
    ledgerDeps(clock, { key: by, formerKeys, events: recordedEvents() }),
  );
}

function publicOf({ publicPem }: SigningKey): PublicKey {
  const found = readPublicKey(publicPem);
  if (found === undefined) throw new Error('no key');
  return found;
}

async function isWhole(): Promise<boolean> {
  const { whole } = await verifyLedger({ directory, pins: [publicOf(key)], heads: [] }, { disk: nodeDisk, clock });
  return whole;
}

async function write(by: SigningKey, more: Partial<LedgerOptions> = {}): Promise<void> {
  await using ledger = await open(by, [], more);
  for (const name of ['alice', 'mallory', 'bob', 'carol']) await ledger.append([useSubmission(name, name)]);
}

/** As whoever can write the directory does it: a record is taken out, and the chain and its end are made anew by their own key. */
async function forge(): Promise<void> {
  const name = at(segmentName(1));
  const lines = (await readFile(name, 'utf8')).trimEnd().split('\n');
  let prev = '0'.repeat(64);
  const forged = lines
    .filter((line) => !line.includes('"username":"mallory"'))
    .map((line, index) => {
      const again = line.replace(/^\{"seq":\d+,"prev":"[0-9a-f]{64}"/, `{"seq":${index + 1},"prev":"${prev}"`);
      prev = createHash('sha256').update(again).digest('hex');
      return again;
    });
  await writeFile(name, `${forged.join('\n')}\n`);
  const ledger = '11111111-1111-4111-8111-111111111111';
  const time = new Date(clock.now()).toISOString();
  const head = { format: HEAD_FORMAT, ledger, seq: forged.length, hash: prev, time, key: mallory.id } as const;
  await writeFile(at('head.json'), signedText(signed(head, mallory)));
  await writeFile(at(`keys/${mallory.id}.pem`), mallory.publicPem);
}

describe('a key that stands beside the segments', () => {
  test('is not believed: what somebody else made anew by it is not signed by us at the next start', async () => {
    await write(key);
    expect(await isWhole()).toBe(true);
    await forge();
    const before = await readFile(at('head.json'), 'utf8');
    await expect(open(key)).rejects.toThrow(`head.json is signed by key ${mallory.id}`);
    await expect(open(key)).rejects.toMatchObject({ code: 'DamagedLedger' });
    expect(await readFile(at('head.json'), 'utf8')).toBe(before);
    expect(await isWhole()).toBe(false);
  });

  test('is not believed of the seal before the open segment either', async () => {
    await write(key, { segmentBytes: 600 });
    const text = await readFile(at(sealName(1)), 'utf8');
    const seal = readSeal(text);
    if (seal === undefined) throw new Error('no seal');
    const { signature: _, ...rest } = seal;
    await writeFile(at(sealName(1)), signedText(signed({ ...rest, key: mallory.id }, mallory)));
    await writeFile(at(`keys/${mallory.id}.pem`), mallory.publicPem);
    await expect(open(key)).rejects.toThrow(`${sealName(1)} is signed by key ${mallory.id}`);
    // Under our name, but not by us.
    await writeFile(at(sealName(1)), signedText(signed({ ...rest, key: key.id }, mallory)));
    await expect(open(key)).rejects.toThrow(`the signature of ${sealName(1)} is wrong`);
  });
});

test('a key is changed by naming the one before it', async () => {
  await write(key);
  const next = newSigningKey();
  await expect(open(next)).rejects.toThrow('audit.ledger.formerKeyFiles');
  {
    await using ledger = await open(next, [publicOf(key)]);
    expect(ledger.head()?.seq).toBe(5);
  }
  // From then on the checkpoint is by the new one.
  await using again = await open(next);
  expect(again.head()?.seq).toBe(5);
});
