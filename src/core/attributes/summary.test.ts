import { describe, expect, test } from 'vitest';
import type { Action } from '../api/kinds.ts';
import { printable } from './printable.ts';
import { summarise, unboundedReason } from './summary.ts';

describe('printable', () => {
  test.each<[string, string, string]>([
    ['plain text stays', 'ls -l "a b" ÄÖ 日本 🙂', 'ls -l "a b" ÄÖ 日本 🙂'],
    ['ESC', '\u001b[2Jok', String.raw`\u{1b}[2Jok`],
    ['an OSC 52 with BEL', '\u001b]52;c;eA==\u0007', String.raw`\u{1b}]52;c;eA==\u{7}`],
    ['CSI of C1', '\u009b31m', String.raw`\u{9b}31m`],
    ['line ends', 'a\r\nb', String.raw`a\u{d}\u{a}b`],
    ['a right-to-left override', '\u202egnp.exe', String.raw`\u{202e}gnp.exe`],
    ['an isolate', '\u2066x\u2069', String.raw`\u{2066}x\u{2069}`],
    ['zero width', 'a\u200bb\u200dc\ufeff', String.raw`a\u{200b}b\u{200d}c\u{feff}`],
    ['a line separator', 'a\u2028b', String.raw`a\u{2028}b`],
    ['a Hangul filler, which shows as nothing', 'a\u3164b', String.raw`a\u{3164}b`],
    ['a tag character', 'a\u{e0041}', String.raw`a\u{e0041}`],
    ['a lone surrogate', 'a\ud800', String.raw`a\u{d800}`],
  ])('%s', (_, text, expected) => {
    expect(printable(text)).toBe(expected);
  });
});

const EXEC: Action = {
  operation: 'CONNECT',
  group: '',
  version: 'v1',
  resource: 'pods',
  subresource: 'exec',
  name: 'web-0',
};

describe('summarise', () => {
  test.each<[string, Action, string, string]>([
    ['an exec', { ...EXEC, exec: { container: 'app', command: ['ls', '-l'] } }, 'exec ls -l', 'pods/web-0 (app)'],
    ['word boundaries show', { ...EXEC, exec: { command: ['rm', 'a b', ''] } }, 'exec rm "a b" ""', 'pods/web-0'],
    ['a shell', { ...EXEC, exec: { command: ['sh'], stdin: true, tty: true } }, 'exec -it sh', 'pods/web-0'],
    [
      'a hidden command',
      { ...EXEC, exec: { command: ['a\u001b[8m', 'b\u202e'] } },
      String.raw`exec "a\u001b[8m" "b\u{202e}"`,
      'pods/web-0',
    ],
    [
      'attach',
      { ...EXEC, subresource: 'attach', exec: { container: 'app', stdin: true } },
      'attach -i',
      'pods/web-0 (app)',
    ],
    ['port-forward', { ...EXEC, subresource: 'portforward' }, 'port-forward', 'pods/web-0'],
    [
      'a write',
      { operation: 'DELETE', group: 'apps', version: 'v1', resource: 'deployments', name: 'web' },
      'delete',
      'deployments.apps/web',
    ],
    [
      'a subresource',
      { operation: 'UPDATE', group: 'apps', version: 'v1', resource: 'deployments', subresource: 'scale', name: 'web' },
      'update',
      'deployments.apps/web/scale',
    ],
  ])('%s', (_, action, verb, target) => {
    expect(summarise(action)).toEqual({ action: verb, target });
  });

  test('a long command is cut to the limit of the CRD and says so', () => {
    const { action } = summarise({ ...EXEC, exec: { command: ['\u202e'.repeat(5000)] } });
    expect(action.length).toBeLessThanOrEqual(512);
    expect(action).toMatch(/… \(cut\)$/);
  });
});

describe('[R12] unbounded', () => {
  const exec = (...command: readonly string[]): Action => ({ ...EXEC, exec: { command: [...command] } });
  test.each<[string, Action, RegExp | undefined]>([
    ['a plain exec is bounded', exec('ls'), undefined],
    ['an exec of nothing is', EXEC, undefined],
    ['stdin', { ...EXEC, exec: { command: ['tee', '/x'], stdin: true } }, /typed/],
    ['a terminal', { ...EXEC, exec: { command: ['top'], tty: true } }, /typed/],
    ['attach', { ...EXEC, subresource: 'attach' }, /attach/],
    ['port-forward', { ...EXEC, subresource: 'portforward' }, /ports/],
    ['a proxy to a pod', { ...EXEC, subresource: 'proxy' }, /path/],
    ['a proxy to a service', { ...EXEC, resource: 'services', subresource: 'proxy' }, /path/],
    ['a proxy to a node', { ...EXEC, resource: 'nodes', subresource: 'proxy' }, /path/],
    ['what was too large to keep', { ...EXEC, operation: 'CREATE', omitted: 'too large' }, /too large/],
    ['a debug container', { ...EXEC, operation: 'UPDATE', subresource: 'ephemeralcontainers' }, /ephemeral/],
    ['a token', { ...EXEC, operation: 'CREATE', resource: 'serviceaccounts', subresource: 'token' }, /token/],
    ['a create is bounded', { ...EXEC, operation: 'CREATE', subresource: 'eviction' }, undefined],
  ])('%s', (_, action, expected) => {
    expect(unboundedReason(action) ?? 'bounded').toMatch(expected ?? /^bounded$/);
  });

  test.each<[string, readonly string[]]>([
    ['sh', ['sh']],
    ['sh', ['/bin/sh', '-c', 'ls']],
    ['bash', ['-bash']],
    ['bash', ['/usr/local/bin/bash', '--norc']],
    ['ash', ['ash']],
    ['zsh', ['ZSH']],
    ['powershell', ['C:\\Windows\\System32\\powershell.exe', '-c', 'x']],
    ['sh', ['busybox', 'sh', '-c', 'x']],
    ['sh', ['/bin/busybox', 'env', 'sh']],
    ['sh', ['env', 'A=B', 'sh']],
    ['bash', ['env', '-S', 'A=B bash -c x']],
    ['sh', ['timeout', '-s', 'KILL', '5', 'sh', '-c', 'x']],
    ['sh', ['find', '/', '-exec', 'sh', '-c', 'x', ';']],
    ['bash', ['xargs', '/bin/bash']],
    ['sh', ['/lib64/ld-linux-x86-64.so.2', '/bin/sh']],
    ['sh', ['/lib/ld-musl-x86_64.so.1', '/bin/sh']],
    ['sh', ['/lib64/ld64.so.2', '/bin/sh']],
    ['sh', ['/lib/ld-linux-armhf.so.3', '/bin/sh']],
    ['nsenter', ['nsenter', '-t', '1', '-m']],
    ['su', ['su', 'postgres']],
    ['sudo', ['sudo', '-u', 'x', 'ls']],
    ['chroot', ['chroot', '/host']],
    ['kubectl', ['kubectl', 'get', 'secrets']],
    ['python', ['python3', 'x.py']],
    ['python', ['/usr/bin/python3.11', '-c', 'x']],
    ['pypy', ['pypy3']],
    ['node', ['node', '-e', 'x']],
    ['perl', ['perl5.36.0', '-e', 'x']],
    ['ruby', ['ruby3.2']],
    ['lua', ['lua5.4']],
    ['php', ['php8.2']],
    ['awk', ['awk', 'BEGIN{system("x")}']],
    ['psql', ['psql', '-f', '/tmp/x.sql']],
    ['mysql', ['mysql', '-e', 'x']],
    ['redis-cli', ['redis-cli', 'FLUSHALL']],
    ['mongosh', ['mongosh']],
    ['sqlite', ['sqlite3', 'x.db']],
    ['rscript', ['Rscript', 'x.R']],
  ])('%s runs what is not written: %j', (program, command) => {
    expect(unboundedReason(exec(...command))).toMatch(new RegExp(`^${program} (is a shell|runs )`));
  });

  test.each([
    [['ls', '/bin/sh']],
    [['grep', 'bash', '/etc/passwd']],
    [['cat', 'python3']],
    [['env']],
    [['timeout', '5', 'ls', '-l']],
    [['busybox', 'ls']],
    [['shred', 'x']],
    [['date']],
    [['']],
    [['-']],
    [['3']],
    [['pg_dump', '-d', 'app']],
  ])('is not what %j is', (command) => {
    expect(unboundedReason(exec(...command))).toBeUndefined();
  });

  test('says nothing of what the command itself says', () => {
    expect(unboundedReason(exec('/\u202e/evil/sh'))).toMatch(/^sh is a shell/);
  });
});
