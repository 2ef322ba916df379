import type { ApprovalRequest, RequestStatus } from '../core/api/kinds.ts';
import { ConflictError } from '../ports/approvals.ts';
import type { KeyedLock } from './keyed-lock.ts';
import type { OutboxPorts, Task } from './outbox-ports.ts';

/** Votes and uses are written meanwhile; each of them once. */
const ATTEMPTS = 50;

/** Others wrote first, again and again. */
export class StatusBusyError extends Error {
  override readonly name = 'StatusBusyError';
  readonly code = 'StatusBusy';
}

export interface WritePorts extends Pick<OutboxPorts, 'store' | 'isGenuine'> {
  readonly locked: KeyedLock;
}

/** What a change found, and what is stored after it. */
export interface Changed<T> {
  readonly request: ApprovalRequest;
  readonly found: T;
}

/**
 * Reads a request as it is stored now and writes what `change` makes of it, again after each lost race. Undefined where
 * the request has gone, is not ours, or `change` finds nothing to do.
 *
 * @param change pure; the status to be written, or none where what is stored does already
 */
export async function changeStatus<T>(
  task: Pick<Task, 'namespace' | 'name' | 'uid'>,
  change: (request: ApprovalRequest) => { readonly found: T; readonly status?: RequestStatus } | undefined,
  ports: WritePorts,
  signal: AbortSignal,
): Promise<Changed<T> | undefined> {
  return await ports.locked(task.uid, () => changeLocked(task, change, ports, signal));
}

async function changeLocked<T>(
  { namespace, name, uid }: Pick<Task, 'namespace' | 'name' | 'uid'>,
  change: (request: ApprovalRequest) => { readonly found: T; readonly status?: RequestStatus } | undefined,
  { store, isGenuine }: WritePorts,
  signal: AbortSignal,
): Promise<Changed<T> | undefined> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const request = await store.get(namespace, name, signal);
    // A request without a state has just been created: the controller writes first.
    if (request?.metadata.uid !== uid || request.status?.state === undefined || !isGenuine(request)) return undefined;
    const changed = change(request);
    if (changed === undefined) return undefined;
    if (changed.status === undefined) return { request, found: changed.found };
    try {
      return { request: await store.writeStatus(request, changed.status, signal), found: changed.found };
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error;
    }
  }
  throw new StatusBusyError(`${namespace}/${name} is written by others all the time`);
}
