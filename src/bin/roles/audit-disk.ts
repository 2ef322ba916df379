import { statfs } from 'node:fs/promises';
import type { Metrics } from '../../platform/telemetry/metrics.ts';
import type { AuditContext, AuditPart } from './audit-part.ts';

const LOOK_MS = 30_000;

export function diskGauges(metrics: Metrics) {
  return {
    free: metrics.gauge({ name: 'ledger_disk_free_bytes', help: 'Room on the disk of the ledger.', labels: {} }),
    size: metrics.gauge({ name: 'ledger_disk_size_bytes', help: 'Size of the disk of the ledger.', labels: {} }),
  };
}

/** How full the ledger's disk is: when it is full nothing gated is allowed, and the API server's events are refused. */
export function diskPart({ process, options }: AuditContext): AuditPart {
  const { clock, metrics, log } = process;
  const { free, size } = diskGauges(metrics);
  return {
    name: 'disk',
    ready: () => true,
    run: async (signal) => {
      while (!signal.aborted) {
        try {
          const { bavail, blocks, bsize } = await statfs(options.ledger.directory);
          free.set({}, bavail * bsize);
          size.set({}, blocks * bsize);
        } catch (error) {
          log.warn({ err: error instanceof Error ? error.message : 'unknown' }, 'the disk of the ledger says no size');
        }
        await clock.sleep(LOOK_MS, signal).catch(() => undefined);
      }
    },
  };
}
