import type { Process, Role } from '../process.ts';

/** Tells people of requests, and takes their answers where the channel has buttons. */
export function notifyRole({ log }: Process): Role {
  return {
    name: 'notify',
    ready: () => true,
    run: (signal) =>
      new Promise((resolve) => {
        log.debug({}, 'notify role has nothing to do');
        signal.addEventListener('abort', () => resolve());
      }),
  };
}
