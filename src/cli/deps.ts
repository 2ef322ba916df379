import type { KubeClient } from '../platform/kube/client.ts';
import type { KubeConfigSource } from '../platform/kube/credentials.ts';
import type { Clock } from '../ports/clock.ts';
import type { Commands } from './commands.ts';
import type { Kubectl } from './kubectl.ts';
import type { Streams } from './context.ts';
import type { Signals } from './signals.ts';

export interface CliDeps {
  /** @throws KubeConfigError */
  connect(source: KubeConfigSource): KubeClient;
  readonly clock: Clock;
  /** Of this program, such as `0.1.0`. */
  readonly version: string;
  readonly signals: Signals;
  /** Asked for once, by a verb that runs a command: it takes standard input over. */
  commands(): Commands;
  readonly kubectl: Kubectl;
  readonly streams: Streams;
}
