import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../src/platform/clock/system-clock.ts';
import { type BinaryOptions, binaryPlan, ensureClusterBinary, kubernetesVersion, linkerFlags } from './binary.ts';
import { duration } from './go-build.ts';

let folder: string;
let options: BinaryOptions;

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
  options = { clock: systemClock, log: () => undefined, env };
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('of two callers one builds, and both get the same binary', async () => {
  const [one, other] = await Promise.all([ensureClusterBinary(options), ensureClusterBinary(options)]);
  expect(one).toBe(other);
  expect(await readFile(one, 'utf8')).toBe('built\n');
  expect(await readFile(join(folder, 'calls'), 'utf8')).toBe('list\nbuild\n');
});

test('what is in the cache is not built again', async () => {
  await ensureClusterBinary(options);
  await rm(join(folder, 'go'));
  await expect(ensureClusterBinary(options)).resolves.toContain(folder);
});

test('a failed build shows what Go said and leaves nothing that looks like a binary', async () => {
  const failing = { ...options, env: { ...options.env, FAIL: 'yes' } };
  await expect(ensureClusterBinary(failing)).rejects.toThrow('compile error in main.go');
  const { output } = await binaryPlan(options.env);
  expect(await readdir(dirname(output))).toEqual(['cluster.lock']);
});

test('without Go the message says what to install', async () => {
  await rm(join(folder, 'go'));
  const without = { ...options, env: { ...options.env, PATH: folder } };
  await expect(ensureClusterBinary(without)).rejects.toThrow('there is no `go` on the PATH');
});

test('the binary is cached by the version that go.mod requires and by its sources', async () => {
  const { output, version } = await binaryPlan(options.env);
  expect(version).toMatch(/^v1\.\d+\.\d+$/);
  expect(output).toMatch(
    new RegExp(`/sallyport/kubernetes-${version.replaceAll('.', String.raw`\.`)}-[0-9a-f]{12}/cluster$`),
  );
});

test('the version is that of k8s.io/kubernetes, not of a module that is named like it', () => {
  const goMod = 'require (\n\tk8s.io/kubernetes-x v1.1.1\n\tk8s.io/kubernetes v1.36.3\n)\n';
  expect(kubernetesVersion(goMod)).toBe('v1.36.3');
  expect(() => kubernetesVersion('module x\n')).toThrow('does not require k8s.io/kubernetes');
});

test('server and clients are told their version', () => {
  const flags = linkerFlags('v1.36.3');
  expect(flags).toContain('-X k8s.io/component-base/version.gitVersion=v1.36.3');
  expect(flags).toContain('-X k8s.io/client-go/pkg/version.gitMinor=36');
});

test('durations are short', () => {
  expect([5_000, 60_000, 130_400].map(duration)).toEqual(['5s', '1m00s', '2m10s']);
});
