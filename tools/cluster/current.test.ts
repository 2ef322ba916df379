import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parse } from 'yaml';
import { systemClock } from '../../src/platform/clock/system-clock.ts';
import type { ClusterContext } from './context.ts';
import { useCurrentCluster } from './current.ts';
import type { ClusterOptions } from './options.ts';
import { profileOptions } from './profiles.ts';

const view = `
apiVersion: v1
kind: Config
clusters: [{ name: c, cluster: { server: "https://api.example:6443" } }]
users: [{ name: u, user: { token: secret } }]
contexts: [{ name: staging, context: { cluster: c, user: u } }]
current-context: staging
`;

let folder: string;
let options: ClusterOptions;
let context: ClusterContext;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'current-'));
  await writeFile(join(folder, 'kubectl'), '', { mode: 0o755 });
  options = profileOptions('test', () => undefined, { directory: join(folder, 'cluster') });
  context = { clock: systemClock, env: { PATH: folder, CLUSTER_HOST_ADDRESS: '192.0.2.7' } };
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('without a yes nothing is written', async () => {
  const asked: string[] = [];
  const refuse = async (question: string): Promise<boolean> => {
    asked.push(question);
    return false;
  };
  await expect(useCurrentCluster(options, async () => view, refuse, context)).rejects.toThrow(
    'staging was not confirmed',
  );
  expect(asked[0]).toContain('context staging (https://api.example:6443)');
  expect(await readdir(folder)).toEqual(['kubectl']);
});

test('people act through the current user by impersonation, in their groups', async () => {
  const cluster = await useCurrentCluster(
    options,
    async () => view,
    async () => true,
    context,
  );
  expect(cluster.hostAddress).toBe('192.0.2.7');
  const alice = parse(await readFile(cluster.kubeconfigs.alice, 'utf8')) as { users: unknown };
  expect(alice.users).toEqual([
    { name: 'u', user: { token: 'secret', as: 'alice', 'as-groups': ['developers', 'system:authenticated'] } },
  ]);
});
