import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import type { HttpsListener, ServingCertificate } from '../../platform/http/https-listener.ts';
import { errorText } from '../../platform/telemetry/error-text.ts';
import type { Process } from '../process.ts';

/** Between two looks at the files: a certificate or a token that was replaced counts after that. */
const LOOK_MS = 30_000;

/** @throws where a file is missing, or the two do not fit */
export async function readServingCertificate(tls: {
  readonly certificateFile: string;
  readonly keyFile: string;
}): Promise<ServingCertificate> {
  const certificate = {
    certificatePem: await readFile(tls.certificateFile, 'utf8'),
    privateKeyPem: await readFile(tls.keyFile, 'utf8'),
  };
  createSecureContext({ cert: certificate.certificatePem, key: certificate.privateKeyPem });
  return certificate;
}

export interface Served<Files> {
  /** For the log: `audit.receiver`. */
  readonly name: string;
  readonly listener: Pick<HttpsListener, 'setCertificate'>;
  /** What it was started with. */
  readonly first: Files;
  readonly read: () => Promise<Files>;
  /** What was read last. */
  readonly onRead?: (files: Files) => void;
}

/** Reads the files again and again until the signal, and takes up a certificate that was renewed. Never rejects. */
export async function followServingFiles<Files extends { readonly certificate: ServingCertificate }>(
  { name, listener, first, read, onRead }: Served<Files>,
  { clock, log }: Pick<Process, 'clock' | 'log'>,
  signal: AbortSignal,
): Promise<void> {
  let { certificate } = first;
  while (!signal.aborted) {
    await clock.sleep(LOOK_MS, signal).catch(() => undefined);
    if (signal.aborted) return;
    try {
      const files = await read();
      if (files.certificate.certificatePem !== certificate.certificatePem) {
        listener.setCertificate(files.certificate);
        ({ certificate } = files);
        log.info({}, `the certificate of ${name} was taken up`);
      }
      onRead?.(files);
    } catch (error) {
      // Half of a renewal, or a file that is away: what there is stays.
      log.warn({ err: errorText(error) }, `a file of ${name} is unusable`);
    }
  }
}
