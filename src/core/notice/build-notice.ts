import type { ApprovalRequest } from '../api/kinds.ts';
import { stateOf } from '../approval/approval-state.ts';
import type { Notice } from './notice.ts';
import { noticeContent } from './notice-content.ts';
import { noticeFacts } from './notice-facts.ts';
import { noticeHistory } from './notice-history.ts';
import { NOTICE_LIMITS, type NoticeLimits, SENTENCE_LIMIT, shortened } from './notice-limits.ts';
import { noticeTitle } from './notice-title.ts';
import { NO_SURROUNDINGS, type Surroundings } from './surroundings.ts';
import { warningsOf } from './warnings.ts';

export interface NoticeOptions {
  /** Of the request in the console. */
  readonly link?: string;
  readonly surroundings?: Surroundings;
  /** Where a channel holds less than most, or more. */
  readonly limits?: Partial<NoticeLimits>;
}

/**
 * What people are told of a request as it stands. Pure: the same request in the same surroundings gives the same notice in
 * every channel. Nothing in it is longer than the limits say, and what is cut is said to be cut.
 */
export function buildNotice(request: ApprovalRequest, options: NoticeOptions = {}): Notice {
  const limits = { ...NOTICE_LIMITS, ...options.limits };
  const content = noticeContent(request, limits);
  const expiresAt = request.status?.expiresAt;
  return {
    state: stateOf(request),
    title: noticeTitle(request),
    facts: noticeFacts(request, options.surroundings ?? NO_SURROUNDINGS, limits),
    ...(content === undefined ? {} : { content }),
    warnings: [...warningsOf(request), ...(content?.omitted === undefined ? [] : [cutWarning(request)])].map(
      (warning) => shortened(warning, SENTENCE_LIMIT),
    ),
    ...(options.link === undefined ? {} : { link: options.link }),
    history: noticeHistory(request, limits),
    ...(expiresAt === undefined ? {} : { expiresAt }),
  };
}

function cutWarning(request: ApprovalRequest): string {
  const { namespace = '', name } = request.metadata;
  const what = stateOf(request) === 'Pending' ? 'Read the rest before you approve' : 'The rest';
  return `This does not show all of it. ${what}: kubectl sallyport show ${namespace}/${name}`;
}

/** `https://sallyport.example.com/requests/prod/exec-web-0`, below the URL of the console. */
export function requestLink(consoleUrl: string, { metadata }: Pick<ApprovalRequest, 'metadata'>): string {
  const { namespace = '', name } = metadata;
  return `${consoleUrl.replace(/\/+$/, '')}/requests/${encodeURIComponent(namespace)}/${encodeURIComponent(name)}`;
}
