import { Agent, request } from 'node:https';
import { createReceiver, type ReceiverOptions } from '../../src/audit/receiver/create-receiver.ts';
import type { Disk, DiskFile } from '../../src/audit/ledger/disk.ts';
import { nodeDisk } from '../../src/audit/ledger/node-disk.ts';
import { type LedgerOptions, openLedger } from '../../src/audit/ledger/open-ledger.ts';
import { systemClock } from '../../src/platform/clock/system-clock.ts';
import { DEFAULT_LISTENER_LIMITS } from '../../src/platform/http/listener.ts';
import { type Logger, silentLogger } from '../../src/platform/telemetry/logger.ts';
import { createMetrics } from '../../src/platform/telemetry/metrics.ts';
import type { Ledger } from '../../src/ports/ledger.ts';
import { ledgerDeps, ledgerOptions } from '../builders/ledger.ts';

const MIB = 1024 * 1024;

export interface ReceiverFiles {
  readonly host: string;
  readonly port: number;
  /** PEM. */
  readonly certificate: string;
  readonly key: string;
  readonly clientAuthority: string;
  readonly clientName: string;
}

export interface RunningReceiver extends AsyncDisposable {
  readonly port: number;
  readonly ledger: Ledger;
}

export interface ReceiverParts {
  readonly disk?: Disk;
  readonly log?: Logger;
  /** Other sizes of the ledger. */
  readonly sizes?: Partial<LedgerOptions>;
  /** Comes between the receiver and its ledger. */
  readonly around?: (ledger: Ledger) => Ledger;
}

/** The receiver as the audit role runs it, with its limits, on a ledger of its own. */
export async function startReceiver(
  directory: string,
  { host, port, certificate, key, clientAuthority, clientName }: ReceiverFiles,
  change: Partial<Omit<ReceiverOptions, 'listener' | 'callers'>> = {},
  { disk = nodeDisk, log = silentLogger, sizes = {}, around = (same) => same }: ReceiverParts = {},
): Promise<RunningReceiver> {
  const ledger = await openTestLedger(directory, disk, sizes);
  const listener = createReceiver(
    {
      listener: {
        host,
        port,
        certificate: { certificatePem: certificate, privateKeyPem: key },
        clientCaPem: clientAuthority,
        limits: { ...DEFAULT_LISTENER_LIMITS, maxConnections: 256, lingerMs: 0, drainMs: 2_000 },
      },
      callers: { names: new Set([clientName]) },
      bodyBytes: 64 * MIB,
      bodyMs: 15_000,
      inFlightBytes: 256 * MIB,
      answerMs: 800,
      turns: { atOnce: 8, waiting: 100 },
      batch: { maxEvents: 20_000, maxBytes: 2 * MIB - 1024, maxDepth: 256, maxValues: 200_000 },
      ...change,
    },
    { ledger: around(ledger), clock: systemClock, log, metrics: createMetrics({ processMetrics: false }) },
  );
  const bound = await listener.start();
  return {
    port: bound.port,
    ledger,
    [Symbol.asyncDispose]: async () => {
      await listener[Symbol.asyncDispose]();
      await ledger[Symbol.asyncDispose]();
    },
  };
}

export function openTestLedger(
  directory: string,
  disk: Disk = nodeDisk,
  sizes: Partial<LedgerOptions> = {},
): Promise<Ledger & AsyncDisposable> {
  const options = ledgerOptions(directory, { segmentBytes: 256 * MIB, recordBytes: 2 * MIB, ...sizes });
  return openLedger(options, ledgerDeps(systemClock, { disk }));
}

/** A disk that takes `ms` longer for each fdatasync. */
export function slowDisk(ms: number): Disk {
  return {
    ...nodeDisk,
    open: async (path, mode) => {
      const file = await nodeDisk.open(path, mode);
      const slow: DiskFile = {
        ...file,
        sync: async () => {
          await systemClock.sleep(ms);
          await file.sync();
        },
      };
      return slow;
    },
  };
}

export interface Sent {
  readonly code: number;
  readonly retryAfter: string | undefined;
  /** From the call to the answer. */
  readonly ms: number;
}

export interface SenderOptions {
  readonly port: number;
  /** PEM. */
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
  /** One of this machine's, 127.0.0.x: by which the receiver tells API servers apart. */
  readonly from: string;
  readonly connections: number;
}

/** An API server as the receiver sees it. */
export function createSender({ port, ca, cert, key, from, connections }: SenderOptions) {
  const agent = new Agent({ keepAlive: true, maxSockets: connections, ca, cert, key, localAddress: from });
  const send = (body: string | Buffer): Promise<Sent> => {
    const began = performance.now();
    return new Promise((resolve, reject) => {
      const headers = { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) };
      const path = '/v1/events?timeout=30s';
      const outgoing = request({ host: '127.0.0.1', port, path, method: 'POST', agent, headers }, (response) => {
        response.resume();
        response.on('end', () =>
          resolve({
            code: response.statusCode ?? 0,
            retryAfter: response.headers['retry-after'],
            ms: performance.now() - began,
          }),
        );
      });
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  };
  return { send, close: () => agent.destroy() };
}
