import { readFile } from 'node:fs/promises';
import { createReceiver, type ReceiverOptions } from '../../audit/receiver/create-receiver.ts';
import { untilAborted } from '../../platform/clock/until-aborted.ts';
import type { AuditReceiverConfig } from '../../platform/config/audit-receiver.ts';
import type { HttpsListener, ServingCertificate } from '../../platform/http/https-listener.ts';
import { DEFAULT_LISTENER_LIMITS } from '../../platform/http/listener.ts';
import { Secret } from '../../platform/telemetry/redact.ts';
import type { AuditContext, AuditPart } from './audit-part.ts';
import { readSecretFile, SecretFileError } from './secret-file.ts';
import { followServingFiles, readServingCertificate } from './serving-files.ts';
import { whenReadable } from './when-readable.ts';

/** An API server sends its batches with a handful of headers. */
const HEADER_BYTES = 64 * 1024;
/** The old one and the new one. */
const MOST_TOKENS = 2;
/** Of a record that is not the event itself: its number, the hash before it, its time, kind and id. */
const ENVELOPE_BYTES = 1024;

interface Files {
  readonly certificate: ServingCertificate;
  readonly clientCaPem: string | undefined;
  readonly tokens: readonly Secret<string>[] | undefined;
}

/** The audit webhook backend, where one is configured. */
export function receiverPart({ process, options, ledger }: AuditContext): AuditPart | undefined {
  const { receiver } = options;
  if (receiver === undefined) return undefined;
  const { clock, log, metrics } = process;
  let listener: HttpsListener | undefined;
  return {
    name: 'receiver',
    ready: () => listener?.ready() ?? false,
    run: async (signal) => {
      // What is wrong with a file ends nothing: the gate may live in the same process.
      let files = await whenReadable('the files of audit.receiver', () => readFiles(receiver), process, signal);
      if (files === undefined) return;
      const first = files;
      const created = createReceiver(
        receiverOptions(receiver, options.ledger.recordBytes, first, () => files?.tokens ?? []),
        { ledger, clock, log, metrics },
      );
      const { host, port } = await created.start();
      listener = created;
      log.info({ host, port }, 'audit receiver listens');
      const served = { name: 'audit.receiver', listener: created, first, read: () => readFiles(receiver) };
      const following = followServingFiles({ ...served, onRead: (next) => (files = next) }, process, signal);
      await untilAborted(signal);
      await created[Symbol.asyncDispose]();
      await following;
    },
  };
}

/** @throws where one is missing, or is not what it should be */
async function readFiles({ tls, clientAuthority, tokenFile }: AuditReceiverConfig): Promise<Files> {
  return {
    certificate: await readServingCertificate(tls),
    clientCaPem: clientAuthority === undefined ? undefined : await readFile(clientAuthority, 'utf8'),
    tokens: tokenFile === undefined ? undefined : await readTokens(tokenFile),
  };
}

async function readTokens(file: string): Promise<readonly Secret<string>[]> {
  const lines = (await readSecretFile(file)).reveal().split('\n');
  const tokens = lines.map((line) => line.trim()).filter((line) => line !== '');
  if (tokens.length > MOST_TOKENS) throw new SecretFileError(`${file} holds more than ${MOST_TOKENS} tokens`);
  return tokens.map((token) => new Secret(token));
}

function receiverOptions(
  { listen, clientNames, limits }: AuditReceiverConfig,
  recordBytes: number,
  { certificate, clientCaPem, tokens }: Files,
  tokensNow: () => readonly Secret<string>[],
): ReceiverOptions {
  return {
    listener: {
      ...listen,
      certificate,
      ...(clientCaPem === undefined ? {} : { clientCaPem }),
      limits: {
        ...DEFAULT_LISTENER_LIMITS,
        maxConnections: limits.connections,
        maxHeaderBytes: HEADER_BYTES,
        requestMs: (limits.bodySeconds + 5) * 1000,
        lingerMs: limits.lingerSeconds * 1000,
        drainMs: limits.drainSeconds * 1000,
      },
    },
    callers: {
      ...(clientCaPem === undefined ? {} : { names: new Set(clientNames) }),
      ...(tokens === undefined ? {} : { tokens: tokensNow }),
    },
    bodyBytes: limits.bodyBytes,
    bodyMs: limits.bodySeconds * 1000,
    inFlightBytes: limits.inFlightBytes,
    answerMs: limits.answerSeconds * 1000,
    turns: { atOnce: limits.batchesAtOnce, waiting: limits.batchesWaiting },
    batch: {
      maxEvents: limits.events,
      maxBytes: Math.max(1, recordBytes - ENVELOPE_BYTES),
      maxDepth: limits.eventDepth,
      maxValues: limits.eventValues,
    },
  };
}
