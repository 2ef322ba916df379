import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { useSubmission } from '../../../test/builders/ledger.ts';
import { testFolder } from '../../../test/harness/test-folder.ts';
import { FakeClock } from '../../ports/fake-clock.ts';
import { FakeLedger } from '../../ports/fake-ledger.ts';
import type { Disk } from './disk.ts';
import { createFileCursor } from './file-cursor.ts';
import { type Cursor, follow } from './follow.ts';
import { nodeDisk } from './node-disk.ts';

const clock = new FakeClock();
let ledger = new FakeLedger(clock);
let stop = new AbortController();
beforeEach(() => {
  ledger = new FakeLedger(clock);
  stop = new AbortController();
});
afterEach(() => stop.abort());

function memoryCursor(seq = 0): Cursor & { seq: number } {
  return {
    seq,
    load() {
      return Promise.resolve(this.seq);
    },
    save(next) {
      this.seq = next;
      return Promise.resolve();
    },
  };
}

function followed(cursor: Cursor, handle: (ids: readonly string[]) => void) {
  const errors: string[] = [];
  const running = follow(
    {
      ledger,
      cursor,
      handle: (records) => Promise.resolve(handle(records.map(({ record }) => record.id))),
      limits: { records: 2, bytes: 1e6 },
      clock,
      random: () => 1,
      onError: (error, attempt, ms) => errors.push(`${error instanceof Error ? error.message : ''} ${attempt} ${ms}`),
    },
    stop.signal,
  );
  return { errors, running };
}

const append = (...ids: string[]) => ledger.append(ids.map((id) => useSubmission(id)));
const turns = () => clock.advance(0);

describe('a follower', () => {
  test('sees what is there and what comes, in order, and ends with the signal', async () => {
    await append('a', 'b', 'c');
    const cursor = memoryCursor(1);
    const seen: string[] = [];
    const { running } = followed(cursor, (ids) => seen.push(ids.join('+')));
    await turns();
    await append('d');
    await turns();
    await append('e');
    await turns();
    expect(seen).toEqual(['use/b+use/c', 'use/d', 'use/e']);
    expect(cursor.seq).toBe(5);
    stop.abort();
    await running;
    await append('f');
    expect(seen).toHaveLength(3);
  });

  test('that fails is shown the same again, later each time, and keeps nobody waiting', async () => {
    const seen: string[] = [];
    let fails = 3;
    const { errors } = followed(memoryCursor(), (ids) => {
      if (fails > 0) {
        fails -= 1;
        throw new Error('away');
      }
      seen.push(ids.join('+'));
    });
    await append('a');
    await turns();
    await append('b', 'c');
    await clock.advance(500);
    await clock.advance(1000);
    expect(seen).toEqual([]);
    await clock.advance(2000);
    await turns();
    expect(errors).toEqual(['away 1 500', 'away 2 1000', 'away 3 2000']);
    expect(seen).toEqual(['use/a+use/b', 'use/c']);
  });

  test('that has read more than there is, of a ledger that was put back, says so and sees what comes', async () => {
    await append('a', 'b');
    const cursor = memoryCursor(9);
    const seen: string[] = [];
    const { errors } = followed(cursor, (ids) => seen.push(...ids));
    await turns();
    expect(errors).toEqual([expect.stringMatching(/^record 9 was read, and the ledger ends with 2: .* 0 0$/)]);
    expect(cursor.seq).toBe(2);
    await append('c');
    await turns();
    expect(seen).toEqual(['use/c']);
    expect(errors).toHaveLength(1);
  });

  test('goes on behind what retention has taken away', async () => {
    await append('a', 'b', 'c');
    ledger.prunedTo = 2;
    const seen: string[] = [];
    followed(memoryCursor(), (ids) => seen.push(...ids));
    await turns();
    expect(seen).toEqual(['use/c']);
  });
});

describe('a cursor in a file', () => {
  let directory = '';
  beforeEach(async () => {
    directory = await testFolder();
  });
  const cursor = (id = ledger.id) => createFileCursor({ directory, name: 'sink-a', ledger: id, disk: nodeDisk });

  test('is where it was, and at the beginning for another ledger or an unreadable file', async () => {
    expect(await cursor().load()).toBe(0);
    await cursor().save(7);
    await cursor().save(9);
    expect(await cursor().load()).toBe(9);
    expect(await cursor('22222222-2222-4222-8222-222222222222').load()).toBe(0);
    await writeFile(join(directory, 'cursors', 'sink-a.json'), '{"led');
    expect(await cursor().load()).toBe(0);
  });

  test('moves on a disk that is full, in the file that it made before: retention waits for it', async () => {
    let full = false;
    const disk: Disk = {
      ...nodeDisk,
      open: (path, mode) =>
        full && mode === 'Create'
          ? Promise.reject(Object.assign(new Error('no space left on device'), { code: 'ENOSPC' }))
          : nodeDisk.open(path, mode),
    };
    const moving = createFileCursor({ directory, name: 'sink-a', ledger: ledger.id, disk });
    expect(await moving.load()).toBe(0);
    full = true;
    await moving.save(1_234);
    expect(await moving.load()).toBe(1_234);
    await moving.save(56);
    expect(await cursor().load()).toBe(56);
  });
});
