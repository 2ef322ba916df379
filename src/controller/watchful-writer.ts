import { businessEvent, emit } from '../platform/telemetry/event.ts';
import type { Logger } from '../platform/telemetry/logger.ts';
import type { Metrics } from '../platform/telemetry/metrics.ts';
import type { ConfigurationWriter } from '../ports/configuration-writer.ts';
import type { Events } from '../ports/events.ts';

interface Named {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
}

const KINDS = [
  'ValidatingWebhookConfiguration',
  'MutatingWebhookConfiguration',
  'ValidatingAdmissionPolicy',
  'ValidatingAdmissionPolicyBinding',
] as const;

/** A writer that says so, loudly, when it had to put back what somebody else changed or deleted. */
export function createWatchfulWriter(
  writer: ConfigurationWriter,
  ports: { readonly log: Logger; readonly metrics: Metrics; readonly events: Events },
): (onPutBack?: (name: string) => void) => ConfigurationWriter {
  const counters = {
    putBack: ports.metrics.counter({
      name: 'objects_put_back_total',
      help: 'Objects that the gate stands on and that somebody else changed or deleted.',
      labels: { kind: KINDS },
    }),
  };
  // A leader begins anew: what it finds may be of another version, and is nobody's fault.
  return (onPutBack = () => undefined) => {
    const written = new Map<string, string>();
    return {
      apply: async (object, signal) => {
        const { apiVersion, kind, metadata } = object as Named;
        const applied = await writer.apply(object, signal);
        const key = `${kind}/${metadata.name}`;
        const text = JSON.stringify(object);
        if (applied === 'Written' && written.get(key) === text) {
          onPutBack(metadata.name);
          emit(
            businessEvent({
              level: 'error',
              message: 'somebody changed what the gate stands on; it was put back',
              fields: { kind, name: metadata.name },
              counter: (all: typeof counters) => all.putBack,
              labels: { kind: KINDS.find((each) => each === kind) ?? KINDS[0] },
            }),
            { log: ports.log, metrics: counters },
          );
          ports.events.emit({
            regarding: { apiVersion, kind, namespace: '', name: metadata.name },
            type: 'Warning',
            reason: 'PutBack',
            action: 'PutBack',
            note: 'Somebody else changed or deleted this object, which the gate stands on. Sallyport put it back; the audit log of the API server says who it was.',
          });
        }
        written.set(key, text);
        return applied;
      },
    };
  };
}
