import { stat } from 'node:fs/promises';
import type { Logger } from '../../platform/telemetry/logger.ts';

/** Anybody on the machine (stat(2), S_IROTH), or who may write it: S_IWOTH. */
const OTHERS = 0o006;

/**
 * Says that a secret lies open. Nothing is refused: a Secret that is mounted has mode 0644 unless its volume says otherwise,
 * and who reads it there is in the container already.
 *
 * @param option as it stands in the configuration
 * @param path nothing is said of no file, nor of one that is not there
 */
export async function warnOfOpenFile(
  option: string,
  path: string | undefined,
  log: Pick<Logger, 'warn'>,
): Promise<void> {
  const found = path === undefined ? undefined : await stat(path).catch(() => undefined);
  if (found === undefined || (found.mode & OTHERS) === 0) return;
  const mode = (found.mode & 0o777).toString(8).padStart(4, '0');
  log.warn(
    { option, path, mode },
    'everybody on this machine may read a private key; chmod 0600, or defaultMode: 0440',
  );
}
