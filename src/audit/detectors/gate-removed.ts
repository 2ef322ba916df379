import { isFenceAction } from '../../core/attributes/fence-action.ts';
import { API_SERVER_USERNAME } from '../../core/decision/requester-class.ts';
import type { RequestChange } from '../../core/evidence/happenings.ts';
import { alarmOfEvent } from './alarms.ts';
import type { Finding } from './finding.ts';
import type { SeenEvent } from './seen-event.ts';

/** Something that the gate stands on. */
export interface GateObject {
  readonly group: string;
  readonly resource: string;
  /** Absent for cluster-scoped objects. */
  readonly namespace?: string;
  readonly isOurs: (name: string) => boolean;
  /** Keys of the labels that ours have, where a change of them counts. */
  readonly labels?: readonly string[];
  /** Whether a write that is not a deletion counts: where an apply that changes nothing passes the fence, none does. */
  readonly changes: boolean;
}

export interface GateOptions {
  readonly gateObjects: readonly GateObject[];
  /** Who may write them: ourselves, and whom the fence lets pass. */
  readonly gateKeepers: ReadonlySet<string>;
}

/** A fence that somebody else approved to be opened closes by itself, soon after its time. */
const CLOSES_MS = 60_000;

const WHY = 'the gate stands on it, and it is not Sallyport that writes it';
const WHY_COLLECTION = 'what the gate stands on may be among them, and it is not Sallyport that writes it';

/** Who changed or deleted what the gate stands on. The controller puts it back; this says who it was. */
export interface GateWatch {
  request(change: RequestChange): void;
  happened(seen: SeenEvent): readonly Finding[];
}

export function createGateWatch({ gateObjects, gateKeepers }: GateOptions): GateWatch {
  /** Of each request to open the fence: for whom, and when. */
  const openings = new Map<string, { readonly username: string; readonly from: number; readonly until: number }>();
  const alarmed = new Set<string>();
  const isOpenFor = (username: string, at: number) =>
    [...openings.values()].some(
      (opening) => opening.username === username && at >= opening.from && at <= opening.until,
    );
  return {
    request({ uid, action, state, requester, at, unsealed }) {
      if (!isFenceAction(action) || unsealed === true || requester === undefined || state === 'Pending') return;
      const { username } = requester;
      const when = Date.parse(at ?? '');
      const before = openings.get(uid);
      if (state === 'Approved') openings.set(uid, { username, from: when, until: Number.POSITIVE_INFINITY });
      else if (before !== undefined) openings.set(uid, { ...before, until: when + CLOSES_MS });
    },
    happened(seen) {
      const { reviewed, event, username, succeeded, receivedAt, request } = seen;
      const { operation, group, resource, subresource, namespace, name, dryRun } = reviewed.attributes;
      if (!succeeded || dryRun || subresource !== undefined || alarmed.has(request)) return [];
      if (operation !== 'DELETE' && operation !== 'UPDATE') return [];
      const touched = gateObjects.some(
        (object) =>
          object.group === group &&
          object.resource === resource &&
          object.namespace === namespace &&
          (operation === 'DELETE' || object.changes) &&
          (name === undefined ? mayHold(object, event.requestURI) : object.isOurs(name)),
      );
      const isKeeper = gateKeepers.has(username) || username === API_SERVER_USERNAME;
      if (!touched || (isKeeper && !reviewed.impersonated) || isOpenFor(username, receivedAt)) return [];
      alarmed.add(request);
      if (alarmed.size > 1_000) alarmed.clear();
      return [alarmOfEvent('GateRemoved', seen, name === undefined ? WHY_COLLECTION : WHY)];
    },
  };
}

/** A deletecollection holds ours, unless it names another, or asks for a label that ours do not have. */
function mayHold({ isOurs, labels }: GateObject, requestURI: string): boolean {
  const [, query = ''] = requestURI.split('?', 2);
  const parameters = new URLSearchParams(query);
  const [, name] = /^metadata\.name==?([^,=!]+)$/.exec(parameters.get('fieldSelector') ?? '') ?? [];
  if (name !== undefined && !isOurs(name)) return false;
  const [, key] = /^([\w./-]+)(?:==?[\w.-]*)?(?:,|$)/.exec(parameters.get('labelSelector') ?? '') ?? [];
  return labels === undefined || key === undefined || labels.includes(key);
}
