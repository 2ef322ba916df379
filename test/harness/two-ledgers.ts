import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLedger } from '../../src/audit/ledger/open-ledger.ts';
import { FakeClock } from '../../src/ports/fake-clock.ts';
import { ledgerDeps, ledgerOptions, useSubmission } from '../builders/ledger.ts';

/** Ledgers of the same shape, closed: five segments, of which the last is open. */
export interface TwoLedgers extends AsyncDisposable {
  readonly other: string;
  /** A copy of the first, to be spoiled. */
  copy<Result>(use: (directory: string) => Promise<Result>): Promise<Result>;
}

export async function twoLedgers(): Promise<TwoLedgers> {
  const folder = await mkdtemp(join(tmpdir(), 'ledgers-'));
  const [one, other] = [join(folder, 'one'), join(folder, 'other')];
  await write(one, 'alice', '11111111-1111-4111-8111-111111111111');
  await write(other, 'mallo', '22222222-2222-4222-8222-222222222222');
  return {
    other,
    copy: async (use) => {
      const directory = join(folder, 'copy');
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

async function write(directory: string, username: string, id: string): Promise<void> {
  const clock = new FakeClock();
  const options = ledgerOptions(directory, { segmentBytes: 2000 });
  await using ledger = await openLedger(options, ledgerDeps(clock, { newId: () => id }));
  for (let count = 0; count < 28; count += 1) {
    await ledger.append([useSubmission(`use-${count}`, username)]);
    await clock.advance(1);
  }
}
