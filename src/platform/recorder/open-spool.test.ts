import { appendFile, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FakeClock } from '../../ports/fake-clock.ts';
import { openSpool, type Spool } from './open-spool.ts';

let directory = '';
const clock = new FakeClock();
const spools: Spool[] = [];
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'spool-'));
});
afterEach(async () => {
  for (const spool of spools.splice(0)) await spool.close();
  await rm(directory, { recursive: true });
});

const LIMITS = { records: 100, bytes: 1_000_000 };
const record = (n: number) => JSON.stringify({ id: `decision-${n}`, text: 'é'.repeat(20) });
const records = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => record(from + index));

/** As after a kill: what was open is left as it is. */
async function open(maxBytes = 1024 * 1024): Promise<Spool> {
  const spool = await openSpool({ directory, maxBytes, clock });
  spools.push(spool);
  return spool;
}

/** Everything that would be sent now, acknowledged batch by batch. */
async function drain(spool: Spool, limits = LIMITS) {
  const sent: string[] = [];
  let damaged = 0;
  for (;;) {
    const batch = await spool.next(limits);
    if (batch === undefined) return { sent, damaged };
    sent.push(...batch.records);
    damaged += batch.damaged;
    await spool.acknowledge(batch);
  }
}

const spoolFiles = async () => (await readdir(directory)).filter((name) => name.endsWith('.spool')).toSorted();
const lastFile = async () => join(directory, (await spoolFiles()).at(-1) ?? '');

describe('a spool', () => {
  test('gives back what it was given, in order, over as many processes as it takes', async () => {
    for (let process = 0; process < 3; process += 1) {
      const spool = await open();
      await spool.append(records(process * 10, process * 10 + 4));
      await spool.append(records(process * 10 + 4, process * 10 + 10));
    }
    const spool = await open();
    expect(spool.waiting()).toMatchObject({ records: 30, oldestAt: clock.now() });
    expect(await drain(spool, { records: 7, bytes: 1_000_000 })).toEqual({ sent: records(0, 30), damaged: 0 });
    expect(spool.waiting()).toMatchObject({ records: 0, oldestAt: undefined });
    expect(await drain(await open())).toEqual({ sent: [], damaged: 0 });
  });

  test('what was not acknowledged comes again', async () => {
    const spool = await open();
    await spool.append(records(0, 10));
    const batch = await spool.next({ records: 4, bytes: 1_000_000 });
    if (batch === undefined) throw new Error('nothing');
    await spool.acknowledge(batch);
    await spool.next(LIMITS);
    const again = await open();
    expect(again.waiting().records).toBe(6);
    expect((await drain(again)).sent).toEqual(records(4, 10));
  });

  test('a lost cursor costs a second delivery', async () => {
    const spool = await open();
    await spool.append(records(0, 5));
    const batch = await spool.next(LIMITS);
    if (batch === undefined) throw new Error('nothing');
    await spool.acknowledge(batch);
    for (const text of ['', '{"file":', '{"file":-1,"offset":0}']) {
      await writeFile(join(directory, 'cursor.json'), text);
      expect((await (await open()).next(LIMITS))?.records).toEqual(records(0, 5));
    }
  });

  test('wherever the last write was cut, the lines before it are whole and what comes after is kept', async () => {
    const spool = await open();
    await spool.append(records(0, 3));
    const whole = await readFile(await lastFile());
    const lineBytes = whole.length / 3;
    for (let cut = lineBytes * 2; cut < whole.length; cut += 7) {
      await rm(directory, { recursive: true });
      const torn = await open();
      await torn.append(records(0, 3));
      await truncate(await lastFile(), cut);
      const again = await open();
      await again.append(records(3, 5));
      const isBetweenLines = cut === lineBytes * 2;
      expect(await drain(again)).toEqual({
        sent: [...records(0, 2), ...records(3, 5)],
        damaged: isBetweenLines ? 0 : 1,
      });
      expect(await spoolFiles()).toHaveLength(1);
    }
  });

  test('a byte that was flipped costs one line, and garbage none of those around it', async () => {
    const spool = await open();
    await spool.append(records(0, 3));
    const file = await lastFile();
    const bytes = await readFile(file);
    const at = Math.floor(bytes.length / 2);
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    await writeFile(file, bytes);
    await appendFile(file, Buffer.alloc(300_000, 0x41));
    const again = await open();
    await again.append(records(3, 4));
    const { sent, damaged } = await drain(again);
    expect(sent).toEqual([record(0), record(2), record(3)]);
    expect(damaged).toBeGreaterThanOrEqual(2);
  });

  test('is full at its limit, and has room again when what was sent is gone', async () => {
    const maxBytes = 16 * 1024;
    const spool = await open(maxBytes);
    let kept = 0;
    const fill = async () => {
      for (;;) {
        try {
          await spool.append([record(kept)]);
          kept += 1;
        } catch (error) {
          expect(error).toMatchObject({ code: 'Full' });
          return;
        }
      }
    };
    await fill();
    expect(kept).toBeGreaterThan(100);
    expect(spool.free()).toBeLessThan(200);
    expect(spool.waiting().bytes).toBeLessThanOrEqual(maxBytes);
    expect((await drain(spool)).sent).toEqual(records(0, kept));
    // But for the file that is written.
    expect(spool.free()).toBeGreaterThanOrEqual((maxBytes / 8) * 7 - 200);
    const before = kept;
    await fill();
    expect((await drain(spool)).sent).toEqual(records(before, kept));
  });

  test('refuses one that is too long, and takes the next', async () => {
    const spool = await open();
    await expect(spool.append([record(0), 'x'.repeat(65_536)])).rejects.toMatchObject({ code: 'TooLong' });
    await spool.append([record(1)]);
    expect((await drain(spool)).sent).toEqual([record(1)]);
  });

  test('a disk that refuses is said to, nothing half is sent, and it goes on when the disk does', async () => {
    const spool = await open();
    await rm(directory, { recursive: true });
    await expect(spool.append(records(0, 2))).rejects.toMatchObject({ code: 'Unwritable' });
    const again = await open();
    await spool.append(records(2, 4));
    await spool.close();
    expect((await drain(await open())).sent).toEqual(records(2, 4));
    await again.close();
    await expect(again.append(records(0, 1))).rejects.toMatchObject({ code: 'Closed' });
  });

  test('tells of each append, and how old the oldest is', async () => {
    const spool = await open();
    let told = 0;
    const stop = spool.onAppended(() => (told += 1));
    const first = clock.now();
    await spool.append(records(0, 2));
    await clock.advance(1_000);
    await spool.append(records(2, 3));
    expect([told, spool.waiting().oldestAt]).toEqual([2, first]);
    const batch = await spool.next({ records: 2, bytes: 1_000_000 });
    if (batch === undefined) throw new Error('nothing');
    await spool.acknowledge(batch);
    expect(spool.waiting()).toMatchObject({ records: 1, oldestAt: first });
    stop();
    await spool.append(records(3, 4));
    expect(told).toBe(2);
  });
});
