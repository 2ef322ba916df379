import { describe, expect, test } from 'vitest';
import { Transcript } from '../e2e/harness/said.ts';

describe('a page and what was printed', () => {
  const same: Readonly<Record<string, [page: string, printed: string]>> = {
    'the same': ['a b', 'a b\n'],
    'folded otherwise': ['a\nb   c', 'a b c'],
    'at another time': ['until 2026-11-20T10:00:00Z 9s', 'until 2027-01-01T00:00:01Z 12s'],
    'with another hash': ['exec-web-0-7f3c1a9e is Pending', 'exec-web-0-00000000 is Pending'],
    'with more where the page says so': ['begins … ends', 'begins with much and ends'],
    'nothing where the page says nothing': ['', 'anything'],
  };
  test.each(Object.entries(same))('%s is as said', (_, [page, printed]) => {
    expect(new Transcript().missing(page, printed)).toBeUndefined();
  });

  const other: Readonly<Record<string, [page: string, printed: string]>> = {
    'another word': ['exec-web-0-7f3c1a9e is Pending', 'exec-web-0-00000000 is Approved'],
    'the order': ['b … a', 'a b'],
    less: ['a b', 'a'],
  };
  test.each(Object.entries(other))('%s is not as said', (_, [page, printed]) => {
    expect(new Transcript().missing(page, printed)).toBeDefined();
  });

  test('rows of requests that were there before do not count', () => {
    const transcript = new Transcript(new Set(['exec-web-0-00000000']));
    const printed = 'NAME STATE\nexec-web-0-00000000 Denied\nexec-web-0-11111111 Pending\n';
    expect(transcript.missing('NAME STATE\nexec-web-0-7f3c1a9e Pending\n', printed)).toBeUndefined();
  });

  test('a name means the same throughout', () => {
    const transcript = new Transcript();
    expect(transcript.missing('request exec-web-0-7f3c1a9e', 'request exec-web-0-11111111')).toBeUndefined();
    expect(transcript.translate('approve exec-web-0-7f3c1a9e')).toBe('approve exec-web-0-11111111');
    expect(transcript.missing('exec-web-0-7f3c1a9e', 'exec-web-0-22222222')).toBeDefined();
  });
});
