import type { Readable } from 'node:stream';
import type { Clock } from '../ports/clock.ts';
import type { CliDeps } from './deps.ts';

/** What the verbs of `sallyport policy` work with. */
export interface PolicyDeps extends Pick<CliDeps, 'streams' | 'signals' | 'connect'> {
  readonly clock: Clock;
  readonly stdin: Readable;
}
