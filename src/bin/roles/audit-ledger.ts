import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { LedgerEvents } from '../../audit/ledger/ledger-events.ts';
import { nodeDisk } from '../../audit/ledger/node-disk.ts';
import { LEDGER_LIMITS, type OpenLedger, openLedger } from '../../audit/ledger/open-ledger.ts';
import { type PublicKey, readPublicKey } from '../../audit/ledger/signed-file.ts';
import { createSigningKey, type SigningKey, SigningKeyError } from '../../audit/ledger/signing-key.ts';
import type { AuditConfig } from '../../platform/config/audit.ts';
import { getOrCreateSecret } from '../../platform/kube/secrets.ts';
import type { Process } from '../process.ts';
import { readSecretFile } from './secret-file.ts';

/** Only the audit role may read it: with it a ledger could be written anew. */
const KEY_SECRET = 'sallyport-ledger-key';
const KEY_NAME = 'ed25519.pem';

const HOUR_MS = 3_600_000;

/**
 * The ledger of the configuration.
 *
 * @param events one for all attempts: metrics are declared once
 * @throws where its key or its directory cannot be used
 */
export async function openConfiguredLedger(
  { ledger }: AuditConfig,
  process: Pick<Process, 'clock' | 'client' | 'config'>,
  events: LedgerEvents,
  signal: AbortSignal,
): Promise<OpenLedger> {
  const key = await readKey(ledger.keyFile, process, signal);
  const formerKeys = await Promise.all(ledger.formerKeyFiles.map(readFormerKey));
  const { directory, segmentBytes, segmentHours, recordBytes } = ledger;
  return openLedger(
    { directory, segmentBytes, segmentMs: segmentHours * HOUR_MS, recordBytes, ...LEDGER_LIMITS },
    { clock: process.clock, disk: nodeDisk, key, formerKeys, events, newId: randomUUID },
  );
}

async function readKey(
  file: string | undefined,
  { client, config }: Pick<Process, 'client' | 'config'>,
  signal: AbortSignal,
): Promise<SigningKey> {
  if (file !== undefined) return createSigningKey((await readSecretFile(file)).reveal());
  const values = await getOrCreateSecret({
    client,
    namespace: config.systemNamespace,
    name: KEY_SECRET,
    labels: { 'app.kubernetes.io/part-of': 'sallyport' },
    keys: [KEY_NAME],
    generate: () => Promise.resolve({ [KEY_NAME]: Buffer.from(generateKey()) }),
    signal,
  });
  return createSigningKey(values.get(KEY_NAME)?.toString() ?? '');
}

async function readFormerKey(file: string): Promise<PublicKey> {
  const key = readPublicKey(await readFile(file, 'utf8'));
  if (key === undefined) throw new SigningKeyError(`${file} is no ed25519 public key in PEM`);
  return key;
}

function generateKey(): string {
  return generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}
