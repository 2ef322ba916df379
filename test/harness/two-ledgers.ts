import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeDisk } from '../../src/audit/ledger/node-disk.ts';
import { openLedger } from '../../src/audit/ledger/open-ledger.ts';
import { noteRemoval } from '../../src/audit/ledger/removal.ts';
import { sealOf, segmentName } from '../../src/audit/ledger/segment.ts';
import { readSeal } from '../../src/audit/ledger/signed-file.ts';
import type { SigningKey } from '../../src/audit/ledger/signing-key.ts';
import { trustedKeys } from '../../src/audit/ledger/trusted-keys.ts';
import { FakeClock } from '../../src/ports/fake-clock.ts';
import { ledgerDeps, ledgerOptions, newSigningKey, useSubmission } from '../builders/ledger.ts';

/** Ledgers of the same shape, closed: five segments, of which the last is open. */
export interface TwoLedgers extends AsyncDisposable {
  /** The one that is copied to be spoiled. */
  readonly one: string;
  /** Of another key, and another UUID. */
  readonly other: string;
  /** The first as it was when half of it was written. */
  readonly older: string;
  /** From there on with other records, by the same key: as a machine that was put back to a snapshot writes it. */
  readonly forked: string;
  /** Of the same UUID, by another key: as whoever writes it anew from its beginning. */
  readonly forged: string;
  /** The first, of which retention has removed the two oldest segments. */
  readonly retained: string;
  /** That signed the first. */
  readonly key: SigningKey;
  /** Of the first, as SPKI PEM. */
  readonly publicPem: string;
  /** A copy of the first, to be spoiled. */
  copy<Result>(use: (directory: string) => Promise<Result>): Promise<Result>;
}

const UUID = '11111111-1111-4111-8111-111111111111';
const USES = 28;

export async function twoLedgers(): Promise<TwoLedgers> {
  const folder = await mkdtemp(join(tmpdir(), 'ledgers-'));
  const [one, older, forked] = [join(folder, 'one'), join(folder, 'older'), join(folder, 'forked')];
  const [other, forged, retained] = [join(folder, 'other'), join(folder, 'forged'), join(folder, 'retained')];
  const key = newSigningKey();
  await write(one, 'alice', UUID, key, 0, USES / 2);
  await cp(one, older, { recursive: true });
  await cp(one, forked, { recursive: true });
  await write(one, 'alice', UUID, key, USES / 2, USES);
  await cp(one, retained, { recursive: true });
  await retain(retained, key, 2);
  await write(forked, 'mallo', UUID, key, USES / 2, USES);
  await write(other, 'mallo', '22222222-2222-4222-8222-222222222222', newSigningKey(), 0, USES);
  await write(forged, 'mallo', UUID, newSigningKey(), 0, USES);
  let copies = 0;
  return {
    one,
    other,
    older,
    forked,
    forged,
    retained,
    key,
    publicPem: key.publicPem,
    copy: async (use) => {
      copies += 1;
      const directory = join(folder, `copy-${copies}`);
      await cp(one, directory, { recursive: true });
      try {
        return await use(directory);
      } finally {
        await rm(directory, { recursive: true });
      }
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}

async function write(
  directory: string,
  username: string,
  id: string,
  key: SigningKey,
  from: number,
  to: number,
): Promise<void> {
  const clock = new FakeClock();
  await clock.advance(from);
  const options = ledgerOptions(directory, { segmentBytes: 2000 });
  await using ledger = await openLedger(options, ledgerDeps(clock, { key, newId: () => id }));
  for (let count = from; count < to; count += 1) {
    await ledger.append([useSubmission(`use-${count}`, username)]);
    await clock.advance(1);
  }
}

/** Removes the oldest segments as retention does. */
export async function retain(directory: string, key: SigningKey, segments: number): Promise<void> {
  const names = (await readdir(directory)).filter((name) => sealOf(name) !== undefined).sort();
  for (const name of names.slice(0, segments)) {
    const seal = readSeal(await readFile(join(directory, name), 'utf8'));
    if (seal === undefined) throw new Error(`${name} is no seal`);
    await noteRemoval(nodeDisk, directory, seal, { key, keys: trustedKeys(key, []), now: Date.parse(seal.closedAt) });
    await rm(join(directory, segmentName(seal.first)), { force: true });
  }
}
