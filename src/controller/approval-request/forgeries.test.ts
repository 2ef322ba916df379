import { expect, test } from 'vitest';
import { approvalRequest } from '../../../test/builders/approval-request.ts';
import { approvalVote } from '../../../test/builders/approval-vote.ts';
import { FakeEvents } from '../../ports/fake-events.ts';
import { silentLogger } from '../../platform/telemetry/logger.ts';
import { createMetrics } from '../../platform/telemetry/metrics.ts';
import { createForgeries } from './forgeries.ts';

test('[R15] each forgery is said once: a Warning on the object, and a count', async () => {
  const events = new FakeEvents();
  const metrics = createMetrics({ processMetrics: false });
  const forgeries = createForgeries(silentLogger, metrics, events);
  const vote = approvalVote(approvalRequest(), 'Approve', { username: 'bob' });
  for (let time = 0; time < 3; time += 1) {
    forgeries.request(approvalRequest(), 'Status');
    forgeries.vote(vote);
  }
  expect(events.emitted.map(({ type, reason, regarding: { kind, uid } }) => [type, reason, kind, uid])).toEqual([
    ['Warning', 'ForgedStatus', 'ApprovalRequest', 'request-uid'],
    ['Warning', 'ForgedVote', 'ApprovalVote', vote.metadata.uid],
  ]);
  expect((await metrics.render()).text).toMatch(/forgeries_total\{kind="Vote"\} 1\n/);
});
