import type { ApprovalRequest, RequestStatus } from '../core/api/kinds.ts';
import { changeStatus } from './change-status.ts';
import type { Lifetime } from './lifetime.ts';
import { withEntries, withNotified } from './notified.ts';
import { type OutboxSettings, STORE_RETRY_MS, type Task, unconfiguredOf } from './outbox-ports.ts';
import type { Plan } from './plan.ts';
import type { TellPorts } from './telling.ts';

/** Writes what status says of the destinations where there is nothing to tell that would write it. */
export interface Settler {
  /** @param isQuiet whether nothing is being told of the request: else the condition is written with that */
  settle(request: ApprovalRequest, plan: Plan, unconfigured: ReadonlyMap<string, string>, isQuiet: boolean): void;
}

/** @param waitingOf what is long in coming, by destination */
export function createSettler(
  ports: TellPorts,
  settings: OutboxSettings,
  lifetime: Lifetime,
  waitingOf: (request: ApprovalRequest, plan: Plan) => ReadonlyMap<string, string>,
): Settler {
  const { clock, channels, events } = ports;
  /** By uid. */
  const unsettled = new Map<string, Pick<Task, 'namespace' | 'name' | 'uid'>>();
  let settling = false;

  async function settleAll(): Promise<void> {
    for (let [next] = unsettled; next !== undefined && lifetime.isRunning(); [next] = unsettled) {
      const [uid, place] = next;
      unsettled.delete(uid);
      try {
        await changeStatus(place, settled, ports, lifetime.late);
      } catch (error) {
        events.unwritten(place, error);
        await lifetime.sleep(STORE_RETRY_MS);
      }
    }
    settling = false;
  }

  function settled(
    request: ApprovalRequest,
  ): { readonly found: undefined; readonly status: RequestStatus } | undefined {
    const plan = ports.plan(request);
    const before = request.status ?? {};
    const unconfigured = unconfiguredOf(channels, plan);
    const entered = withEntries(before, plan, unconfigured, waitingOf(request, plan));
    const status = withNotified(entered, plan, unconfigured, clock.now());
    return status === before ? undefined : { found: undefined, status };
  }

  return {
    settle(request, plan, unconfigured, isQuiet) {
      const before = request.status ?? {};
      const status = withEntries(before, plan, unconfigured, waitingOf(request, plan));
      const isSettled = !isQuiet || withNotified(status, plan, unconfigured, clock.now()) === before;
      if (status === before && isSettled) return;
      if (unsettled.size >= settings.queued || !ports.isGenuine(request)) return;
      const { namespace = '', name, uid = '' } = request.metadata;
      unsettled.set(uid, { namespace, name, uid });
      if (settling) return;
      settling = true;
      lifetime.start(settleAll());
    },
  };
}
