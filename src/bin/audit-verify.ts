import { readFile } from 'node:fs/promises';
import { type Command, Option } from 'commander';
import { printable } from '../core/attributes/printable.ts';
import { nodeDisk } from '../audit/ledger/node-disk.ts';
import { type Checkpoint, type PublicKey, readCheckpoint, readPublicKey } from '../audit/ledger/signed-file.ts';
import { awaitsSeals } from '../audit/verify/awaits-seals.ts';
import { verdictText } from '../audit/verify/verdict-text.ts';
import { verifyLedger } from '../audit/verify/verify-ledger.ts';
import { systemClock } from '../platform/clock/system-clock.ts';

/** A cron job reads 1 as tampering: nothing else ends so. docs/ledger.md has the same table. */
const VERIFY_EXITS = {
  whole: 0,
  notWhole: 1,
  notVerified: 2,
  notSealedYet: 3,
} as const;

const EXIT_HELP = `
Exit codes:
  0    whole
  1    not whole
  2    not verified: wrong usage, it could not be read, or the result could not be written
  3    nothing is wrong but that the newest closed segments have no seal yet, as while a process writes
`;

interface Options {
  readonly key: readonly string[];
  readonly head: readonly string[];
  readonly output: string;
}

/** `sallyport audit verify DIR`. Wrong usage throws CommanderError where the command it is added to does. */
export function addAuditVerify(audit: Command): void {
  const each = (value: string, earlier: readonly string[]) => [...earlier, value];
  audit
    .command('verify')
    .description('verify a ledger by its files alone')
    .argument('<directory>', 'of the ledger, or a copy of it')
    .option('--key <file>', 'a public key (PEM) that may have signed, and no other; may be given again', each, [])
    .option('--head <file>', 'a checkpoint that was kept elsewhere (JSON); may be given again', each, [])
    .addOption(new Option('-o, --output <format>', 'output format').choices(['text', 'json']).default('text'))
    .allowExcessArguments(false)
    .addHelpText('after', EXIT_HELP)
    .action(async (directory: string, options: Options) => {
      process.exitCode = await verify(directory, options);
    });
}

async function verify(directory: string, { key, head, output }: Options): Promise<number> {
  try {
    const pins = await Promise.all(key.map(readPin));
    const heads = await Promise.all(head.map(async (file) => ({ file, checkpoint: await readHeadFile(file) })));
    const verdict = await verifyLedger({ directory, pins, heads }, { disk: nodeDisk, clock: systemClock });
    await print(output === 'json' ? `${JSON.stringify(verdict, null, 2)}\n` : verdictText(verdict));
    if (verdict.whole) return VERIFY_EXITS.whole;
    return awaitsSeals(verdict) ? VERIFY_EXITS.notSealedYet : VERIFY_EXITS.notWhole;
  } catch (error) {
    process.stderr.write(`sallyport: ${printable(error instanceof Error ? error.message : 'failed')}\n`);
    return VERIFY_EXITS.notVerified;
  }
}

/** @throws the error of the system where it does not take all of it: a full disk, a pipe that nobody reads */
async function print(text: string): Promise<void> {
  const written = Promise.withResolvers<void>();
  process.stdout.once('error', written.reject);
  process.stdout.write(text, (error) => (error instanceof Error ? written.reject(error) : written.resolve()));
  await written.promise;
}

async function readPin(file: string): Promise<PublicKey> {
  const key = readPublicKey(await readFile(file, 'utf8'));
  if (key === undefined) throw new Error(`${file} is no ed25519 public key in PEM`);
  return key;
}

async function readHeadFile(file: string): Promise<Checkpoint> {
  const checkpoint = readCheckpoint(await readFile(file, 'utf8'), false);
  if (checkpoint === undefined) throw new Error(`${file} is no checkpoint of a ledger`);
  return checkpoint;
}
