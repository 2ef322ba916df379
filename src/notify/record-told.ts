import type { ApprovalRequest } from '../core/api/kinds.ts';
import { changeStatus } from './change-status.ts';
import { type Notification, notificationOf, withNotification } from './notified.ts';
import { unconfiguredOf } from './outbox-ports.ts';
import type { Telling } from './telling.ts';

/** Between two attempts to write down what was told. */
const RECORD_RETRY_MS = 1_000;
const LONGEST_RECORD_RETRY_MS = 30_000;

/**
 * Writes down what became of it, however long the API server is away: what is not written would be told again.
 *
 * @throws the reason of the signal, once it is aborted
 */
export async function recordTold(
  { task, ports, signal }: Telling,
  entryAfter: (entry: Notification) => Notification,
): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await changeStatus(task, recorded, ports, signal);
      return;
    } catch (error) {
      signal.throwIfAborted();
      ports.events.unwritten(task, error);
      const waitMs = Math.min(RECORD_RETRY_MS * attempt, LONGEST_RECORD_RETRY_MS);
      await ports.clock.sleep(waitMs * (1 + ports.random()), signal);
    }
  }

  function recorded(request: ApprovalRequest) {
    const entry = entryAfter(notificationOf(request, task.key) ?? { channel: task.key });
    const plan = ports.plan(request);
    const before = request.status ?? {};
    const status = withNotification(before, entry, plan, unconfiguredOf(ports.channels, plan), ports.clock.now());
    const isSame = JSON.stringify(status) === JSON.stringify(before);
    return { found: undefined, ...(isSame ? {} : { status }) };
  }
}
