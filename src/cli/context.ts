import type { Clock } from '../ports/clock.ts';
import type { KubeClient } from '../platform/kube/client.ts';
import type { Paint } from './paint.ts';

/** The terminal, or what stands for it in a script or a test. */
export interface Streams {
  /** Results, as they stand: line ends included. */
  stdout(text: string): void;
  /** Dialogue and errors. */
  stderr(text: string): void;
  /** Whether somebody can answer a question. */
  readonly isTTY: boolean;
  /** Whether a line on stderr can be written anew. */
  readonly stderrIsTTY: boolean;
  /** Whether stdout is a terminal of somebody who wants colours. */
  readonly stdoutHasColours: boolean;
  /** One line of an answer; `''` at the end of input. */
  ask(question: string): Promise<string>;
}

/** What a verb works with. */
export interface VerbContext {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly streams: Streams;
  /** Of results, on stdout. */
  readonly paint: Paint;
  /** Of `-n`, or of the kubeconfig's context, or `default`. */
  readonly namespace: string;
  /** Whether `-n` was given. */
  readonly namespaceGiven: boolean;
}
