import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createFileCursor } from '../../audit/ledger/file-cursor.ts';
import { readHead } from '../../audit/ledger/head-file.ts';
import { nodeDisk } from '../../audit/ledger/node-disk.ts';
import { signedText } from '../../audit/ledger/signed-file.ts';
import { createOtlpSink } from '../../audit/sinks/otlp/create-otlp-sink.ts';
import { type ReadHead, runSink } from '../../audit/sinks/run-sink.ts';
import type { Sink } from '../../audit/sinks/sink.ts';
import { readable } from '../../audit/sinks/http.ts';
import { createS3Sink } from '../../audit/sinks/s3.ts';
import { createSinkEvents } from '../../audit/sinks/sink-events.ts';
import { createSplunkHecSink } from '../../audit/sinks/splunk-hec.ts';
import { createSyslogSink } from '../../audit/sinks/syslog/create-syslog-sink.ts';
import { createWebhookSink } from '../../audit/sinks/webhook.ts';
import type { AuditConfig } from '../../platform/config/audit.ts';
import type { AuditSinkConfig } from '../../platform/config/audit-sinks.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Process } from '../process.ts';
import { openStore } from './audit-archive.ts';
import type { AuditContext, AuditPart } from './audit-part.ts';
import { sinkCursor } from './cursor-names.ts';
import { readSecretFile } from './secret-file.ts';

/** The part of an AuditContext that sinks need. */
export interface SinksContext extends Pick<AuditContext, 'ledger'> {
  readonly process: Pick<Process, 'clock' | 'log' | 'metrics'>;
  readonly options: Pick<AuditConfig, 'ledger' | 'sinks'>;
}

/** Sends evidence on, where the configuration says so. It is always ready: a receiver that is down is no reason to be replaced. */
export function sinksPart({ process, options, ledger }: SinksContext): AuditPart | undefined {
  const { sinks } = options;
  const { directory } = options.ledger;
  if (sinks.length === 0) return undefined;
  const { clock, log, metrics } = process;
  const eventsOf = createSinkEvents(
    log,
    metrics,
    sinks.map(({ name }) => name),
  );
  const head: ReadHead = async () => {
    const checkpoint = await readHead(nodeDisk, directory, ledger.keys);
    return checkpoint === undefined ? undefined : { ...checkpoint, text: signedText(checkpoint) };
  };
  return {
    name: 'sinks',
    ready: () => true,
    run: async (signal) => {
      await Promise.all(
        sinks.map(async (config) => {
          const { name, kinds, batchRecords, batchBytes, lingerSeconds, messageBytes } = config;
          await runSink(
            {
              sink: createSink(config, clock),
              kinds,
              batch: { records: batchRecords, bytes: batchBytes },
              lingerMs: lingerSeconds * 1000,
              // A syslog message is cut by its own rules, to its own length.
              messageBytes: config.kind === 'Syslog' ? Math.max(SYSLOG_DOCUMENT_BYTES, messageBytes) : messageBytes,
            },
            {
              ledger,
              cursor: createFileCursor({ directory, name: sinkCursor(name), ledger: ledger.id, disk: nodeDisk }),
              readHead: head,
              clock,
              random: Math.random,
              events: eventsOf(name),
            },
            signal,
          );
        }),
      );
    },
  };
}

const SYSLOG_DOCUMENT_BYTES = 64 * 1024;

/** Files are read for each batch: whoever rotates a secret restarts nothing, and one that is missing delays that sink alone. */
function createSink(config: AuditSinkConfig, clock: Clock): Sink {
  const { timeoutSeconds } = config;
  const caFile = config.kind === 'S3' ? undefined : config.caFile;
  const common = {
    timeoutMs: timeoutSeconds * 1000,
    ...(caFile === undefined ? {} : { ca: () => readFile(caFile, 'utf8') }),
  };
  switch (config.kind) {
    case 'Otlp': {
      const { url, authorizationFile } = config;
      return createOtlpSink({
        ...common,
        url,
        ...(authorizationFile === undefined ? {} : { authorization: () => readSecretFile(authorizationFile) }),
      });
    }
    case 'SplunkHec': {
      const { url, tokenFile, index, sourcetype, acknowledgments } = config;
      return createSplunkHecSink(
        {
          ...common,
          url,
          sourcetype,
          token: () => readSecretFile(tokenFile),
          ...(index === undefined ? {} : { index }),
          ...(acknowledgments ? { ackChannel: randomUUID() } : {}),
        },
        clock,
      );
    }
    case 'Syslog': {
      const { host, port, hostname, messageBytes, certFile, keyFile } = config;
      return createSyslogSink({
        ...common,
        host,
        port,
        hostname,
        messageBytes,
        ...(certFile === undefined || keyFile === undefined
          ? {}
          : {
              client: async () => {
                const [cert, key] = await Promise.all([readFile(certFile, 'utf8'), readSecretFile(keyFile)]);
                return { cert, key: key.reveal() };
              },
            }),
      });
    }
    case 'S3':
      return createS3Sink(
        {
          put: async (object, open, signal) => {
            const key = () => openStore({ ...config, objectSeconds: timeoutSeconds });
            const store = await readable('the access key', key);
            try {
              return await store.put(object, open, signal);
            } finally {
              store.close();
            }
          },
        },
        config.prefix,
      );
    case 'Webhook': {
      const { url, secretFile } = config;
      return createWebhookSink({ ...common, url, secret: () => readSecretFile(secretFile) }, clock);
    }
  }
}
