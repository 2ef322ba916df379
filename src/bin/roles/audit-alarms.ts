import { createTellingEvents } from '../../audit/alarms/telling-events.ts';
import { tellAlarms } from '../../audit/alarms/tell-alarms.ts';
import { createToldAlarms } from '../../audit/alarms/told-alarms.ts';
import { nodeDisk } from '../../audit/ledger/node-disk.ts';
import type { AuditConfig } from '../../platform/config/audit.ts';
import type { Ledger } from '../../ports/ledger.ts';
import type { Process } from '../process.ts';
import { alarmChannels } from './alarm-channels.ts';
import type { AuditPart } from './audit-part.ts';

/** The part of an AuditContext that telling of alarms needs. */
export interface AlarmsContext {
  readonly ledger: Ledger;
  readonly process: Pick<Process, 'config' | 'clock' | 'log' | 'metrics'>;
  readonly options: Pick<AuditConfig, 'ledger' | 'receiver' | 'detectors'>;
}

/** Tells people of alarms, where the configuration says whom. */
export function alarmsPart({ process, options, ledger }: AlarmsContext): AuditPart | undefined {
  const { notify } = options.detectors;
  if (options.receiver === undefined || notify.length === 0) return undefined;
  const { config, clock, log, metrics } = process;
  const channels = alarmChannels(notify, process);
  const events = createTellingEvents(log, metrics, [...channels.keys()]);
  return {
    name: 'alarms',
    // What was not told stands in the ledger, and is told when it can be.
    ready: () => true,
    run: async (signal) => {
      const { directory } = options.ledger;
      await tellAlarms(
        config.console === undefined ? {} : { consoleUrl: config.console.url },
        {
          ledger,
          told: createToldAlarms({ directory, ledger: ledger.id, disk: nodeDisk }),
          channels,
          clock,
          random: Math.random,
          events,
        },
        signal,
      );
    },
  };
}
