import { kubernetesKind } from '../../core/api/kubernetes-kinds.ts';
import type { Alarm } from '../../core/evidence/alarm.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Events, ObjectReference } from '../../ports/events.ts';

/** What comes within it about the same is one Event more, with the count: Events of a storm would fill etcd. */
const WINDOW_MS = 60_000;

/** Objects with an Event of their own at once; of more the system namespace tells alone. */
const OBJECTS = 100;

interface Window {
  more: number;
  last: string;
  /** Says how many there were. */
  readonly close: () => void;
  readonly callOff: () => void;
}

export interface AlarmKubeEvents {
  tell(alarm: Alarm): void;
  /** Says at once what was counted; for the end. */
  close(): void;
}

/**
 * A Warning for each alarm in the system namespace, about something of ours, which nobody can take away who has rights in
 * another namespace; and one on the object concerned, where it is in a namespace and of a kind of Kubernetes itself.
 *
 * @param about something of ours in the system namespace
 */
export function createAlarmKubeEvents(
  events: Pick<Events, 'emit'>,
  clock: Pick<Clock, 'after'>,
  about: ObjectReference,
): AlarmKubeEvents {
  const windows = new Map<string, Window>();

  const emit = (regarding: ObjectReference, reason: string, note: string): void =>
    events.emit({ regarding, type: 'Warning', reason, action: 'Detect', note });

  const open = (key: string, regarding: ObjectReference, reason: string): void => {
    const close = (): void => {
      windows.delete(key);
      if (window.more > 0) emit(regarding, reason, `${window.more} more within a minute, the last: ${window.last}`);
    };
    const callOff = clock.after(WINDOW_MS, () => {
      close();
      if (window.more > 0) open(key, regarding, reason);
    });
    const window: Window = { more: 0, last: '', close, callOff };
    windows.set(key, window);
  };

  const tell = (regarding: ObjectReference, { alarm, message }: Alarm): void => {
    const key = JSON.stringify([alarm, regarding.namespace, regarding.kind, regarding.name]);
    const window = windows.get(key);
    if (window !== undefined) {
      window.more += 1;
      window.last = message;
      return;
    }
    if (regarding !== about && windows.size >= OBJECTS) return;
    emit(regarding, alarm, message);
    open(key, regarding, alarm);
  };

  return {
    tell: (alarm) => {
      tell(about, alarm);
      const object = objectOf(alarm);
      if (object !== undefined) tell(object, alarm);
    },
    close: () => {
      for (const { close, callOff } of windows.values()) {
        callOff();
        close();
      }
    },
  };
}

/** Of `pods/exec` the Pod. Events of what has no namespace stand in `default`, for others to read: it has none. */
function objectOf({ resource = '', namespace = '', name = '' }: Alarm): ObjectReference | undefined {
  if (namespace === '' || name === '') return undefined;
  const [, plural = '', group = ''] = /^([^/.]+)(?:\/[^.]+)?(?:\.(.+))?$/.exec(resource) ?? [];
  const kind = kubernetesKind(group, plural);
  if (kind === undefined || kind === 'Namespace') return undefined;
  const version = group === 'autoscaling' ? 'v2' : 'v1';
  return { apiVersion: group === '' ? version : `${group}/${version}`, kind, namespace, name };
}
