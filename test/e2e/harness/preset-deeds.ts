import { kubectl, type Result, type RunOptions } from './kubectl.ts';

/** Where the presets are tried. */
export interface PresetPlace {
  /** Labelled env=prod, with a pod web-0. */
  readonly prod: string;
  /** Without that label, with a pod web-0. */
  readonly other: string;
  readonly node: string;
  /** kubectl as a ServiceAccount of the namespace agents. */
  readonly agent: (args: readonly string[], options?: RunOptions) => Promise<Result>;
}

export type Act = (place: PresetPlace) => Promise<Result>;

export interface Deed {
  readonly sentence: string;
  readonly act: Act;
  readonly approvers: readonly ('bob' | 'carol')[];
  /** The policy asks for a reason. */
  readonly reason?: true;
  /** The caller's own command pauses until it is approved. */
  readonly waits?: true;
  /** Nothing is stored that would stand in the way of a second try: it is refused because the approval was used. */
  readonly again?: true;
  readonly prepare?: (place: PresetPlace) => Promise<unknown>;
  readonly done?: (result: Result) => void;
}

export interface PresetCase {
  readonly deeds: readonly Deed[];
  /** Refused by a guardrail, with its words. */
  readonly never?: Readonly<Record<string, readonly [Act, string]>>;
  /** Neighbouring actions that nobody is asked for. */
  readonly free: Readonly<Record<string, Act>>;
}

export const alice =
  (args: (place: PresetPlace) => readonly string[], options: RunOptions = {}): Act =>
  (place) =>
    kubectl('alice', args(place), options);

/** A quorum. */
export const TWO = ['bob', 'carol'] as const;

export const configMap = (name: string): Act => alice(({ prod }) => ['create', 'configmap', name, '-n', prod]);
