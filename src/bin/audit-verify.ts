import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { nodeDisk } from '../audit/ledger/node-disk.ts';
import { type Checkpoint, type PublicKey, readCheckpoint, readPublicKey } from '../audit/ledger/signed-file.ts';
import { verdictText } from '../audit/verify/verdict-text.ts';
import { verifyLedger } from '../audit/verify/verify-ledger.ts';
import { systemClock } from '../platform/clock/system-clock.ts';

const NOT_WHOLE = 1;
const NOT_READ = 2;

interface Options {
  readonly key: readonly string[];
  readonly head: readonly string[];
  readonly output: string;
}

/** `sallyport audit verify DIR`: 0 whole, 1 not whole, 2 it could not be read. */
export function addAuditVerify(audit: Command): void {
  const each = (value: string, earlier: readonly string[]) => [...earlier, value];
  audit
    .command('verify')
    .description('verify a ledger by its files alone: exit code 0 whole, 1 not whole, 2 it could not be read')
    .argument('<directory>', 'of the ledger, or a copy of it')
    .option('--key <file>', 'a public key (PEM) that may have signed, and no other; may be given again', each, [])
    .option('--head <file>', 'a checkpoint that was kept elsewhere (JSON); may be given again', each, [])
    .option('-o, --output <format>', 'text or json', 'text')
    .action(async (directory: string, options: Options) => {
      process.exitCode = await verify(directory, options);
    });
}

async function verify(directory: string, { key, head, output }: Options): Promise<number> {
  try {
    if (output !== 'text' && output !== 'json') throw new Error('-o takes text or json');
    const pins = await Promise.all(key.map(readPin));
    const heads = await Promise.all(head.map(async (file) => ({ file, checkpoint: await readHeadFile(file) })));
    const verdict = await verifyLedger({ directory, pins, heads }, { disk: nodeDisk, clock: systemClock });
    process.stdout.write(output === 'json' ? `${JSON.stringify(verdict, null, 2)}\n` : verdictText(verdict));
    return verdict.whole ? 0 : NOT_WHOLE;
  } catch (error) {
    process.stderr.write(`sallyport: ${error instanceof Error ? error.message : 'failed'}\n`);
    return NOT_READ;
  }
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
