import { join } from 'node:path';
import { CURSORS } from '../../audit/ledger/file-cursor.ts';
import { OBSERVER_LIMITS, observe } from '../../audit/observers/observe.ts';
import { openObserved } from '../../audit/observers/observed.ts';
import { createObserverEvents } from '../../audit/observers/observer-events.ts';
import { untilSynced } from '../until-synced.ts';
import type { AuditContext, AuditPart } from './audit-part.ts';
import { whenReadable } from './when-readable.ts';

/** Puts what this process sees of requests, votes, uses and policies into the ledger. */
export function observersPart({ process, options, ledger }: AuditContext): AuditPart {
  const { clock, log, metrics, view, seals } = process;
  const events = createObserverEvents(log, metrics);
  return {
    name: 'observers',
    // Nobody's command waits for it, and what it has missed it finds again.
    ready: () => true,
    run: async (signal) => {
      await untilSynced(process, signal);
      const path = join(options.ledger.directory, CURSORS, 'observed.ndjson');
      const open = () => openObserved(path, ledger.id);
      const observed = await whenReadable('what was observed before', open, process, signal);
      if (observed === undefined) return;
      const { requests, votes, policies } = view;
      await observe(
        { requests, votes, policies, seals, ledger, observed, clock, random: Math.random, events },
        OBSERVER_LIMITS,
        signal,
      );
    },
  };
}
