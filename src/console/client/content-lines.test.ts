import { expect, test } from 'vitest';
import { contentLines } from './content-lines.ts';

test('in a diff the first character says what becomes of a line', () => {
  expect(contentLines({ kind: 'Diff', text: 'spec.replicas\n- 1\n+ 3\n' })).toEqual([
    { kind: 'Same', text: 'spec.replicas' },
    { kind: 'Removed', text: '- 1' },
    { kind: 'Added', text: '+ 3' },
  ]);
});

test('in a command a dash is a dash', () => {
  expect(contentLines({ kind: 'Command', text: 'ls \\\n-l' }).map(({ kind }) => kind)).toEqual(['Same', 'Same']);
});
