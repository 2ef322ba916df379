import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
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
import { whenReadable } from './when-readable.ts';

/** A certificate that was renewed is taken up by then. */
const FILES_MS = 60_000;
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
      const follow = async (): Promise<void> => {
        let present = files.certificate;
        while (!signal.aborted) {
          await clock.sleep(FILES_MS, signal);
          try {
            const { certificate } = await readFiles(intake);
            if (certificate.certificatePem === present.certificatePem) continue;
            created.setCertificate(certificate);
            present = certificate;
            log.info({}, 'the certificate of the intake was taken up');
          } catch (error) {
            // Half of a renewal, or a file that is away: what there is stays.
            log.warn({ err: error instanceof Error ? error.message : 'unknown' }, 'a file of audit.intake is unusable');
          }
        }
      };
      follow().catch(() => undefined);
      await untilAborted(signal);
      await created[Symbol.asyncDispose]();
    },
  };
}

/** @throws where one is missing, or is not what it should be */
async function readFiles({
  tls,
  clientAuthority,
}: AuditIntakeConfig): Promise<{ readonly certificate: ServingCertificate; readonly clientCaPem: string }> {
  const certificate = {
    certificatePem: await readFile(tls.certificateFile, 'utf8'),
    privateKeyPem: await readFile(tls.keyFile, 'utf8'),
  };
  // Throws where they do not fit.
  createSecureContext({ cert: certificate.certificatePem, key: certificate.privateKeyPem });
  return { certificate, clientCaPem: await readFile(clientAuthority, 'utf8') };
}
