import { readFile } from 'node:fs/promises';
import { createIntake } from '../../audit/intake/create-intake.ts';
import { createIntakeEvents } from '../../audit/intake/intake-events.ts';
import { untilAborted } from '../../platform/clock/until-aborted.ts';
import type { AuditIntakeConfig } from '../../platform/config/audit-intake.ts';
import {
  createHttpsListener,
  type HttpsListener,
  type ServingCertificate,
} from '../../platform/http/https-listener.ts';
import { DEFAULT_LISTENER_LIMITS } from '../../platform/http/listener.ts';
import type { Ledger } from '../../ports/ledger.ts';
import type { AuditContext, AuditPart } from './audit-part.ts';
import { followServingFiles, readServingCertificate } from './serving-files.ts';
import { whenReadable } from './when-readable.ts';

/** Webhook processes keep one connection each. */
const CONNECTIONS = 128;
const HEADER_BYTES = 16 * 1024;
const DRAIN_MS = 5_000;

/** The part of an AuditContext that the intake needs. */
export interface IntakeContext extends Pick<AuditContext, 'process' | 'options'> {
  readonly ledger: Ledger;
}

/** Takes records of decisions from webhook processes elsewhere, where that is configured. */
export function intakePart({ process, options, ledger }: IntakeContext): AuditPart | undefined {
  const { intake } = options;
  if (intake === undefined) return undefined;
  const { clock, log, metrics } = process;
  const events = createIntakeEvents(log, metrics);
  let listener: HttpsListener | undefined;
  return {
    name: 'intake',
    ready: () => listener?.ready() ?? false,
    run: async (signal) => {
      // What is wrong with a file ends nothing: the gate may live in the same process.
      const files = await whenReadable('the files of audit.intake', () => readFiles(intake), process, signal);
      if (files === undefined) return;
      const created = createHttpsListener({
        ...intake.listen,
        certificate: files.certificate,
        clientCaPem: files.clientCaPem,
        limits: {
          ...DEFAULT_LISTENER_LIMITS,
          maxConnections: CONNECTIONS,
          maxHeaderBytes: HEADER_BYTES,
          drainMs: DRAIN_MS,
        },
        handler: createIntake({ clientNames: new Set(intake.clientNames) }, { ledger, clock, events }),
        clock,
        log,
      });
      const { host, port } = await created.start();
      listener = created;
      log.info({ host, port }, 'the intake of decision records listens');
      const served = { name: 'audit.intake', listener: created, first: files, read: () => readFiles(intake) };
      const following = followServingFiles(served, process, signal);
      await untilAborted(signal);
      await created[Symbol.asyncDispose]();
      await following;
    },
  };
}

/** @throws where one is missing, or is not what it should be */
async function readFiles({
  tls,
  clientAuthority,
}: AuditIntakeConfig): Promise<{ readonly certificate: ServingCertificate; readonly clientCaPem: string }> {
  return { certificate: await readServingCertificate(tls), clientCaPem: await readFile(clientAuthority, 'utf8') };
}
