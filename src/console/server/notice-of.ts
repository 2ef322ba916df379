import { printable } from '../../core/attributes/printable.ts';
import type { Notice } from '../../core/notice/notice.ts';
import type { Folded } from './folded-requests.ts';

/** What every channel tells of a request. */
export function noticeOf({ request }: Folded, _now: number): Pick<Notice, 'warnings' | 'facts' | 'content'> {
  const { spec } = request;
  const command = spec.action.exec?.command;
  return {
    warnings: [
      ...(spec.unbounded === undefined ? [] : [printable(spec.unbounded)]),
      ...(spec.requester?.impersonated === true ? ['the requester is impersonated'] : []),
    ],
    facts: [],
    ...(command === undefined ? {} : { content: { kind: 'Command', text: printable(command.join(' ')) } }),
  };
}
