import { systemClock } from '../../src/platform/clock/system-clock.ts';
import type { Clock } from '../../src/ports/clock.ts';
import { withSystemPath } from './environment.ts';

/** What the cluster takes from its surroundings. */
export interface ClusterContext {
  readonly clock: Clock;
  readonly env: NodeJS.ProcessEnv;
}

/** This machine: its clock and this process's environment, with root's programs on the PATH. */
export function localContext(): ClusterContext {
  return { clock: systemClock, env: withSystemPath(process.env) };
}
