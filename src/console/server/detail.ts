import { openStage } from '../../core/approval/stages.ts';
import { approverName } from '../../core/approval/person.ts';
import { buildNotice } from '../../core/notice/build-notice.ts';
import type { Surroundings } from '../../core/notice/surroundings.ts';
import { breakGlassText } from '../../core/notice/window-text.ts';
import { printable } from '../../core/attributes/printable.ts';
import type { RequestDetail } from '../api.ts';
import type { Folded } from './folded-requests.ts';
import { mayEach } from './may.ts';
import { rowOf } from './rows.ts';
import { timelineOf } from './timeline.ts';
import type { Viewer } from './viewer.ts';

/**
 * A page scrolls: all that a request stores of most actions, and so much of the rest that building and sending it stays a
 * matter of milliseconds.
 */
const PAGE_LIMITS = { content: 64_000, contentLines: 4_000, part: 32_000, parts: 2_000, fact: 4_096 };

/** All that is known of one request, and what they may do about it. */
export function detailOf(folded: Folded, viewer: Viewer, surroundings: Surroundings, now: number): RequestDetail {
  const { spec } = folded.request;
  const request = { ...folded.request, status: folded.status };
  const { warnings, facts, content } = buildNotice(request, { limits: PAGE_LIMITS, surroundings });
  const ifBroken = breakGlassText(request);
  return {
    ...rowOf(folded, viewer, now),
    digest: spec.digest ?? '',
    warnings,
    facts,
    ...(ifBroken === undefined ? {} : { breakGlassGrants: ifBroken }),
    ...(content === undefined ? {} : { content }),
    object: spec.action,
    policies: (spec.policies ?? []).map(({ name }) => name),
    stages: stagesOf(folded),
    timeline: timelineOf(folded),
    may: mayEach(folded, viewer, now),
  };
}

function stagesOf({ request, status }: Folded): RequestDetail['stages'] {
  const progress = status.stages ?? [];
  return (request.spec.policies ?? []).flatMap((policy) => {
    const open = status.state === 'Pending' ? openStage(policy, progress)?.name : undefined;
    return policy.terms.stages.map((stage) => {
      const entry = progress.find((each) => each.policy === policy.name && each.name === stage.name);
      const escalated = entry?.escalatedAt === undefined ? [] : (stage.escalateTo ?? []);
      return {
        policy: policy.name,
        name: stage.name,
        approved: entry?.approved ?? 0,
        required: stage.required,
        approvers: [...stage.approvers, ...escalated].map((approver) => printable(approverName(approver))),
        open: open === stage.name,
      };
    });
  });
}
