import type { Attributes } from '../attributes/attributes.ts';
import { summarise } from '../attributes/summary.ts';
import type { JsonObject } from '../attributes/json.ts';
import type { Attempt } from './attempt.ts';
import type { Verdict } from './judge.ts';

/** One action of somebody, whatever number of events tells of it. */
export interface Act {
  /** Equal for what may be one action: the same user, asking for the same. */
  readonly same: string;
  readonly user: string;
  readonly attributes: Attributes;
  readonly attempt: Attempt;
  /** Of each policy, in their order. */
  readonly verdicts: readonly Verdict[];
  /** When it was received and when it was answered, in milliseconds. */
  readonly receivedAt: number;
  readonly answeredAt: number;
  /** HTTP status; undefined where there was no answer. */
  readonly code: number | undefined;
  /** Whether it came by WebSocket, or any GET: after it fails kubectl tries again by SPDY. */
  readonly verb: string;
}

export function succeeded({ code }: Pick<Act, 'code'>): boolean {
  return code !== undefined && code < 400;
}

/** `exec -it sh on pods in prod`: what people do again and again, whatever the object is called. */
export function actionName(attributes: Attributes): string {
  const { operation, group, version, resource, subresource, namespace, object } = attributes;
  const base = { operation, group, version, resource, ...(subresource === undefined ? {} : { subresource }) };
  const isStream = subresource === 'exec' || subresource === 'attach';
  const exec = operation === 'CONNECT' && isStream ? { exec: execOf(object ?? {}) } : {};
  const { action, target } = summarise({ ...base, ...exec });
  return `${action} on ${target}${namespace === undefined ? '' : ` in ${namespace}`}`;
}

function execOf(options: JsonObject) {
  const { command } = options;
  return {
    ...(Array.isArray(command) ? { command: command.filter((part) => typeof part === 'string') } : {}),
    stdin: options['stdin'] === true,
    tty: options['tty'] === true,
  };
}
