import { readFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { inject } from 'vitest';
import { systemClock } from '../../../src/platform/clock/system-clock.ts';
import {
  killSallyport,
  type ProcessPlace,
  startSallyport,
  stopSallyport,
} from '../../../tools/install/sallyport-process.ts';

/** The Sallyport that the cluster asks: brought down and up again by tests that want to see what then happens. */
export const server = {
  /** Returns when it says that it is ready. */
  start: (): Promise<void> => startSallyport(inject('e2e').place, systemClock),
  /** SIGTERM. */
  stop: (): Promise<void> => stopSallyport(inject('e2e').place, systemClock),
  /** SIGKILL. */
  kill: (): Promise<void> => killSallyport(inject('e2e').place, systemClock),
  pid: async (): Promise<number> =>
    Number(await readFile(join(inject('e2e').place.directory, 'sallyport.pid'), 'utf8')),
};

/** Status of a path of the health listener; 0 where nobody answers. */
export function probe({ healthPort }: Pick<ProcessPlace, 'healthPort'>, path: '/livez' | '/readyz'): Promise<number> {
  return new Promise((resolve) => {
    const outgoing = request({ host: '127.0.0.1', port: healthPort, path, timeout: 5_000 }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    outgoing.on('error', () => resolve(0));
    outgoing.on('timeout', () => outgoing.destroy());
    outgoing.end();
  });
}
