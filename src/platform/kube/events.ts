import type { Clock } from '../../ports/clock.ts';
import type { Events, ObjectEvent } from '../../ports/events.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { KubeClient } from './client.ts';
import { microTime } from './micro-time.ts';
import { resourcePath } from './resource-path.ts';

/** events.k8s.io/v1 validation: `note` has at most 1 KiB. */
const MAX_NOTE_BYTES = 1024;
/** … `reason`, `action` and `reportingInstance` 128 characters. */
const MAX_WORD = 128;
/** Events that wait to be written. A storm beyond it loses events rather than memory. */
const MAX_WAITING = 256;
/** Enough to drain a burst, few enough not to take the API server's capacity from votes and status. */
const WRITERS = 2;

export interface EventsOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  /** Uniform in [0, 1): makes names unique. */
  readonly random: () => number;
  readonly log: Logger;
  /** Such as `sallyport.dev/controller`. */
  readonly reportingController: string;
  /** The pod's name. */
  readonly reportingInstance: string;
}

/** Writes Events, a few at a time, with a bounded queue. */
export interface EventWriter extends Events {
  /** Resolves once nothing waits any more. */
  drained(): Promise<void>;
}

export function createEvents(options: EventsOptions): EventWriter {
  const { client, log } = options;
  const waiting: { namespace: string; body: object }[] = [];
  const writers = new Set<Promise<void>>();

  async function write(): Promise<void> {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      try {
        const path = resourcePath({
          group: 'events.k8s.io',
          version: 'v1',
          plural: 'events',
          namespace: next.namespace,
        });
        await client.create(path, next.body);
      } catch (error) {
        log.warn({ err: error, namespace: next.namespace }, 'an event could not be written');
      }
    }
  }

  function startWriter(): void {
    const writer: Promise<void> = write().finally(() => writers.delete(writer));
    writers.add(writer);
  }

  return {
    emit(event) {
      if (waiting.length >= MAX_WAITING) {
        log.warn({ reason: event.reason, limit: MAX_WAITING }, 'an event was dropped: too many are waiting');
        return;
      }
      try {
        waiting.push(eventOf(event, options));
      } catch (error) {
        log.error({ err: error, reason: event.reason }, 'an event could not be built');
        return;
      }
      if (writers.size < WRITERS) startWriter();
    },
    async drained() {
      while (writers.size > 0) await Promise.all(writers);
    },
  };
}

function eventOf(event: ObjectEvent, options: EventsOptions): { namespace: string; body: object } {
  // events.k8s.io/v1: an Event about a cluster-scoped object lives in `default`.
  const namespace = event.regarding.namespace === '' ? 'default' : event.regarding.namespace;
  const body = {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { namespace, name: eventName(event.regarding.name, options.random) },
    eventTime: microTime(options.clock.now()),
    type: event.type,
    reason: event.reason.slice(0, MAX_WORD),
    action: event.action.slice(0, MAX_WORD),
    note: cutBytes(event.note, MAX_NOTE_BYTES),
    regarding: event.regarding,
    reportingController: options.reportingController,
    reportingInstance: options.reportingInstance.slice(0, MAX_WORD),
  };
  return { namespace, body };
}

/** A DNS-1123 subdomain, which the names of RBAC objects (`system:masters`) are not. */
function eventName(about: string, random: () => number): string {
  const readable = about
    .toLowerCase()
    .replace(/[^a-z0-9.-]+/g, '-')
    .slice(0, 200)
    .replace(/[.-]+(?=[.-]|$)/g, '')
    .replace(/^[.-]+/, '');
  const unique = Math.floor(random() * 2 ** 48)
    .toString(16)
    .padStart(12, '0');
  return readable === '' ? `event-${unique}` : `${readable}.${unique}`;
}

/** Cuts at a character's boundary, so that no half of one is left. */
function cutBytes(text: string, limit: number): string {
  const bytes = Buffer.from(text, 'utf8');
  if (bytes.length <= limit) return text;
  let end = limit - Buffer.byteLength('…');
  while (((bytes[end] ?? 0) & 0b1100_0000) === 0b1000_0000) end -= 1;
  return `${bytes.subarray(0, end).toString('utf8')}…`;
}
