import { expect, test } from 'vitest';
import { contentLines } from './content-lines.ts';

test('in a diff what was and what will be are told apart', () => {
  expect(contentLines({ kind: 'Diff', text: '/spec/replicas:\n  - 1\n  + 3\n/spec/paused: false → true\n' })).toEqual([
    { kind: 'Same', text: '/spec/replicas:' },
    { kind: 'Removed', text: '  - 1' },
    { kind: 'Added', text: '  + 3' },
    { kind: 'Same', text: '/spec/paused: false → true' },
  ]);
});

test('a list in YAML removes nothing', () => {
  const lines = contentLines({ kind: 'Diff', text: 'containers:\n  - name: web\n  - name: log' });
  expect(lines.map(({ kind }) => kind)).toEqual(['Same', 'Same', 'Same']);
});

test('in a command a dash is a dash', () => {
  expect(contentLines({ kind: 'Command', text: 'ls\n- l\n+ l' }).map(({ kind }) => kind)).toEqual([
    'Same',
    'Same',
    'Same',
  ]);
});
