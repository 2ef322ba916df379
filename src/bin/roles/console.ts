import type { Process, Role } from '../process.ts';

/** Serves the web console where one is configured. */
export function consoleRole({ log }: Process): Role {
  return {
    name: 'console',
    ready: () => true,
    run: (signal) =>
      new Promise((resolve) => {
        log.debug({}, 'console role has nothing to do');
        signal.addEventListener('abort', () => resolve());
      }),
  };
}
