import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../src/platform/clock/system-clock.ts';
import { type BuildContext, duration } from './build.ts';
import { type CachedProgram, cachedPath, ensureGoProgram } from './cached-program.ts';

let folder: string;
let context: BuildContext;
let program: CachedProgram;

/** A `go` in its place: the real one takes minutes. It logs its calls and "builds" a file with what $BUILD says. */
const FAKE_GO = `#!/bin/sh
echo "$1" >> "$CALLS"
[ "$1" = list ] && { echo a; echo b; exit 0; }
echo "compile error in main.go" >&2
[ -n "$FAIL" ] && exit 1
while [ "$1" != -o ]; do shift; done
sleep 0.3; echo built > "$2"; chmod +x "$2"
`;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'binary-'));
  await writeFile(join(folder, 'go'), FAKE_GO, { mode: 0o755 });
  const env = { PATH: `${folder}:${process.env['PATH']}`, XDG_CACHE_HOME: folder, CALLS: join(folder, 'calls') };
  context = { clock: systemClock, log: () => undefined, env };
  const source = join(folder, 'source');
  await mkdir(source);
  await writeFile(join(source, 'go.mod'), 'module x\n');
  program = {
    what: 'X',
    cost: 'a moment',
    release: 'x-v1',
    name: 'x',
    source,
    sources: ['go.mod'],
    main: '.',
    linkerFlags: '',
  };
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('of two callers one builds, and both get the same binary', async () => {
  const [one, other] = await Promise.all([ensureGoProgram(program, context), ensureGoProgram(program, context)]);
  expect(one).toBe(other);
  expect(await readFile(one, 'utf8')).toBe('built\n');
  expect(await readFile(join(folder, 'calls'), 'utf8')).toBe('list\nbuild\n');
});

test('what is in the cache is not built again', async () => {
  await ensureGoProgram(program, context);
  await rm(join(folder, 'go'));
  await expect(ensureGoProgram(program, context)).resolves.toContain(folder);
});

test('a failed build shows what Go said and leaves nothing that looks like a binary', async () => {
  const failing = { ...context, env: { ...context.env, FAIL: 'yes' } };
  await expect(ensureGoProgram(program, failing)).rejects.toThrow('compile error in main.go');
  const output = await cachedPath(program, context.env);
  expect(await readdir(dirname(output))).toEqual(['x.lock']);
});

test('without Go the message says what to install', async () => {
  await rm(join(folder, 'go'));
  const without = { ...context, env: { ...context.env, PATH: folder } };
  await expect(ensureGoProgram(program, without)).rejects.toThrow('there is no `go` on the PATH');
});

test('the program is cached by its release and by its sources', async () => {
  const before = await cachedPath(program, context.env);
  expect(before).toMatch(/\/sallyport\/x-v1-[0-9a-f]{12}\/x$/);
  await writeFile(join(program.source, 'go.mod'), 'module y\n');
  expect(await cachedPath(program, context.env)).not.toBe(before);
});

test('durations are short', () => {
  expect([5_000, 60_000, 130_400].map(duration)).toEqual(['5s', '1m00s', '2m10s']);
});
