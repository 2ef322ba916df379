import { expect, test } from 'vitest';
import { storyTime } from './story-time.ts';

const SECOND = '2026-11-20T10:00:00Z';
const ms = (time: string) => Date.parse(`2026-11-20T10:00:${time}Z`);

const TIMES: Readonly<Record<string, [at: string, written: string, is: number]>> = {
  'to the millisecond': ['2026-11-20T10:00:00.112Z', '2026-11-20T10:00:00.200Z', ms('00.112')],
  'to the second: when it was heard of': [SECOND, '2026-11-20T10:00:00.190Z', ms('00.190')],
  'to the second, heard of later: in that second': [SECOND, '2026-11-20T10:04:00.190Z', ms('00.999')],
  'to the second, heard of by a clock that is behind': [SECOND, '2026-11-20T09:59:59.190Z', ms('00')],
  'that is none': ['', SECOND, 0],
};

test.each(Object.entries(TIMES))('a time %s', (_, [at, written, is]) => {
  expect(storyTime(at, written)).toBe(is);
});
