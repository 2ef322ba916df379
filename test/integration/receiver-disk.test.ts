import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { nodeDisk } from '../../src/audit/ledger/node-disk.ts';
import { verifyLedger } from '../../src/audit/verify/verify-ledger.ts';
import { systemClock } from '../../src/platform/clock/system-clock.ts';
import { auditEvent, eventList } from '../builders/audit-events.ts';
import { achieves } from '../harness/achieves.ts';
import { createSender, type Sent, startReceiver } from '../harness/audit-receiver.ts';
import { readLedger, timesEach } from '../harness/ledger-files.ts';
import { canMount, type SmallDisk, smallDisk } from '../harness/small-disk.ts';
import { testCertificates } from '../harness/test-certificates.ts';
import { amount } from '../proof/size.ts';

/** F19, as an API server sees it: on a real file system that refuses, and then does not. */
const ROUNDS = amount('SALLYPORT_PROOF_FULL_DISKS', { short: 1, long: 20 });
const MIB = 1024 * 1024;
const DISK_BYTES = 8 * MIB;
const EVENTS = 100;
/** An answer is promised within 0.8 s of its batch; the rest is for a machine that does other things. */
const ANSWER_MS = 1_500;

const [TLS] = testCertificates('kube-apiserver');

interface Trouble {
  readonly inodes?: number;
  /** Of the ledger. */
  readonly segmentBytes: number;
  readonly begin: (disk: SmallDisk) => Promise<void>;
  readonly end: (disk: SmallDisk) => Promise<void>;
  /** Nobody writes on a file system that has given up: it is mounted again, and the process begins anew. */
  readonly beginsAnew?: true;
}

const crumbs = (disk: SmallDisk) => join(disk.mounted, 'crumbs');

const TROUBLES: Readonly<Record<string, Trouble>> = {
  'is full': {
    segmentBytes: MIB,
    begin: async (disk) => {
      // To the last block, less and less at once.
      let file = Buffer.alloc(DISK_BYTES);
      for (let size = MIB; size >= 1; size = Math.floor(size / 2)) {
        file = Buffer.alloc(size);
        for (let fits = true; fits; )
          fits = await writeFile(crumbs(disk), file, { flag: 'a' }).then(
            () => true,
            () => false,
          );
      }
    },
    end: (disk) => rm(crumbs(disk)),
  },
  'has no inode left': {
    inodes: 64,
    // Each batch begins a segment.
    segmentBytes: 1_000,
    begin: async (disk) => {
      for (let number = 0; ; number += 1)
        try {
          await writeFile(`${crumbs(disk)}-${number}`, '');
        } catch {
          return;
        }
    },
    end: async (disk) => {
      const names = await readdir(disk.mounted);
      for (const name of names.filter((each) => each.startsWith('crumbs'))) await rm(join(disk.mounted, name));
    },
  },
  'is read-only': {
    segmentBytes: MIB,
    begin: (disk) => disk.remount('abort'),
    end: () => Promise.resolve(),
    beginsAnew: true,
  },
};

test.runIf(canMount).each(Object.entries(TROUBLES))(
  '[F19] a disk that %s: 503 within a second, and what was sent stands there once when it is not so any more',
  { timeout: 60_000 + ROUNDS * 30_000 },
  async (_, { inodes, segmentBytes, begin, end, beginsAnew }) => {
    for (let round = 0; round < ROUNDS; round += 1) {
      await using disk = await smallDisk(DISK_BYTES, inodes);
      const directory = join(disk.mounted, 'ledger');
      const start = () =>
        startReceiver(
          directory,
          {
            host: '127.0.0.1',
            port: 0,
            certificate: TLS.cert,
            key: TLS.key,
            clientAuthority: TLS.ca,
            clientName: 'kube-apiserver',
          },
          {},
          { sizes: { segmentBytes } },
        );
      let receiver = await start();
      const senderTo = (port: number) =>
        createSender({ port, ca: TLS.ca, cert: TLS.clientCert, key: TLS.clientKey, from: '127.0.0.1', connections: 2 });
      let sender = senderTo(receiver.port);
      const batch = (number: number) => Array.from({ length: EVENTS }, (__, at) => auditEvent(number * EVENTS + at));
      const send = (number: number): Promise<Sent> => sender.send(eventList(batch(number)));
      try {
        for (const number of [0, 1]) expect(await send(number)).toMatchObject({ code: 200 });
        await begin(disk);
        const answers = [];
        for (const number of [2, 3, 4]) answers.push(await send(number));
        // What was begun may still have room for one.
        expect(answers.slice(1).map(({ code, retryAfter }) => `${code} ${retryAfter}`)).toEqual(['503 1', '503 1']);
        for (const { ms } of answers) expect(ms).toBeLessThan(ANSWER_MS);
        await end(disk);
        if (beginsAnew === true) {
          sender.close();
          await receiver[Symbol.asyncDispose]();
          await disk.again();
          receiver = await start();
          sender = senderTo(receiver.port);
        }
        for (const number of [2, 3, 4, 5])
          await achieves(`batch ${number} to be kept`, async () =>
            expect(await send(number)).toMatchObject({ code: 200 }),
          );
      } finally {
        sender.close();
        await receiver[Symbol.asyncDispose]();
      }
      const found = (await readLedger(directory)).flatMap((record) =>
        record.kind === 'AuditEvent' ? [record.data.auditID] : [],
      );
      const wanted = [0, 1, 2, 3, 4, 5].flatMap((number) => batch(number).map(({ auditID }) => auditID));
      expect(timesEach(wanted, found)).toEqual({ lost: 0, once: wanted.length, doubled: 0 });
      const verified = await verifyLedger({ directory, pins: [], heads: [] }, { disk: nodeDisk, clock: systemClock });
      expect(verified.findings).toEqual([]);
    }
  },
);
