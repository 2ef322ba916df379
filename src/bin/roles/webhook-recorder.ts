import { mkdir } from 'node:fs/promises';
import { createQueuedRecorder, type RecordSink } from '../../platform/recorder/queued-recorder.ts';
import { createIntakeClient } from '../../platform/recorder/intake-client.ts';
import { ledgerSink } from '../../platform/recorder/ledger-sink.ts';
import { lockDirectory } from '../../platform/disk/lock-directory.ts';
import { openSpool, type Spool } from '../../platform/recorder/open-spool.ts';
import { createRecorderEvents } from '../../platform/recorder/recorder-events.ts';
import { ship } from '../../platform/recorder/ship.ts';
import { createSpoolEvents } from '../../platform/recorder/spool-events.ts';
import { spoolSink } from '../../platform/recorder/spool-sink.ts';
import type { RecorderConfig } from '../../platform/config/recorder.ts';
import type { Recorder } from '../../ports/recorder.ts';
import type { Process } from '../process.ts';
import { whenReadable } from './when-readable.ts';

/** Of the spool, kept for what must be recorded: a flood of refusals must not stop what is approved. */
const RESERVED = 8;
/** What is left in the spool at the end is sent for so long; a pod may take its disk with it. */
const LAST_SHIPPING_MS = 3_000;
const LOOK_MS = 50;

/** Where the decisions of this process are recorded. */
export interface WebhookRecorder {
  readonly recorder: Recorder;
  /** Sends on what was recorded, until the signal. */
  readonly run: (signal: AbortSignal) => Promise<void>;
  /** After the last decision: resolves when what was recorded is durable, or lost. */
  readonly close: () => Promise<void>;
}

/**
 * The ledger of this process where it has the role audit; otherwise the spool on the way to that of another; otherwise
 * nothing but log and metric.
 */
export function webhookRecorder(process: Process): WebhookRecorder {
  const { config } = process;
  if (config.audit !== undefined && config.roles.includes('audit')) return intoOwnLedger(process);
  return config.recorder === undefined ? nowhere : throughSpool(process, config.recorder);
}

const nowhere: WebhookRecorder = {
  recorder: { hasRoom: () => true, record: () => Promise.resolve('Kept') },
  run: () => Promise.resolve(),
  close: () => Promise.resolve(),
};

function intoOwnLedger(process: Process): WebhookRecorder {
  const recorder = queued(
    ledgerSink(
      () => process.ledger.current(),
      () => process.ledger.writable(),
    ),
    process,
  );
  return { recorder, run: () => Promise.resolve(), close: () => recorder.close() };
}

function throughSpool(process: Process, options: RecorderConfig): WebhookRecorder {
  const { clock, log, metrics } = process;
  let spool: Spool | undefined;
  let lock: Disposable | undefined;
  const recorder = queued(
    spoolSink(() => spool, options.spoolBytes / RESERVED),
    process,
  );
  const events = createSpoolEvents(clock, log, metrics);
  const client = createIntakeClient({ ...options, timeoutMs: options.timeoutSeconds * 1000 }, clock);
  const shipping = new AbortController();
  let shipped: Promise<void> | undefined;
  return {
    recorder,
    run: async (signal) => {
      const { spoolDirectory: directory, spoolBytes: maxBytes } = options;
      const open = async () => {
        await mkdir(directory, { recursive: true, mode: 0o700 });
        // Until the process that was here before has ended: it would go on in files that this one has sent and removed.
        lock ??= lockDirectory(directory);
        return await openSpool({ directory, maxBytes, clock });
      };
      const opened = await whenReadable('the spool', open, process, signal);
      if (opened === undefined) return;
      spool = opened;
      const ports = {
        spool: opened,
        send: (records: readonly string[], until: AbortSignal) => client.send(records, until),
        clock,
        random: Math.random,
        events,
      };
      shipped = ship(ports, shipping.signal);
      await shipped;
    },
    close: async () => {
      await recorder.close();
      const until = clock.now() + LAST_SHIPPING_MS;
      const isEmpty = () => (spool?.waiting().records ?? 0) === 0;
      while (!isEmpty() && clock.now() < until) await clock.sleep(LOOK_MS);
      shipping.abort();
      await shipped;
      client[Symbol.dispose]();
      await spool?.close();
      lock?.[Symbol.dispose]();
    },
  };
}

function queued(sink: RecordSink, { clock, log, metrics }: Process) {
  return createQueuedRecorder(sink, { clock, random: Math.random, events: createRecorderEvents(log, metrics) });
}
