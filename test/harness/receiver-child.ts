import { readFileSync, writeSync } from 'node:fs';
import { nodeDisk } from '../../src/audit/ledger/node-disk.ts';
import type { Ledger } from '../../src/ports/ledger.ts';
import { type Step, unsureDisk } from '../builders/unsure-disk.ts';
import { type ReceiverFiles, startReceiver } from './audit-receiver.ts';

/**
 * A receiver that is killed on its way: `receiver-child.ts DIRECTORY FILES POINT SEGMENT-BYTES`. It dies at that point of all
 * that there are: before, within and after each operation that changes the disk, from the opening of the ledger on, before
 * and after each append, and when an answer was given to the socket; never for 0. On standard output it says `port N`, and
 * after SIGTERM `points N`.
 */
const [directory = '', files = '', point = '0', segmentBytes = '0'] = process.argv.slice(2);
const dieAt = Number(point);
let points = 0;

const step: Step = () => {
  points += 1;
  if (points === dieAt) process.kill(process.pid, 'SIGKILL');
  return Promise.resolve();
};
const around = (ledger: Ledger): Ledger => ({
  ...ledger,
  append: async (submissions) => {
    await step('before', 'append');
    const numbers = await ledger.append(submissions);
    await step('after', 'append');
    setImmediate(() => void step('after', 'answer'));
    return numbers;
  },
});
const receiver = await startReceiver(
  directory,
  JSON.parse(readFileSync(files, 'utf8')) as ReceiverFiles,
  {},
  { disk: unsureDisk(nodeDisk, step), sizes: { segmentBytes: Number(segmentBytes) }, around },
);
process.once('SIGTERM', () => {
  void receiver[Symbol.asyncDispose]().then(() => writeSync(1, `points ${points}\n`));
});
writeSync(1, `port ${receiver.port}\n`);
