import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { stringify } from 'yaml';
import { systemClock } from '../../src/platform/clock/system-clock.ts';
import { ensureHelm } from '../../tools/helm/binary.ts';
import { verifies } from '../harness/verifies.ts';
import { deployment, deploymentRule } from './harness/deployment.ts';
import { type Result, runProgram } from './harness/kubectl.ts';
import { type ApiClient, apiClient } from './harness/api-client.ts';
import { approvedAfter } from './harness/approved-after.ts';
import { requests, scene } from './harness/scene.ts';

/** A cold build of Helm takes some 4 minutes on two cores. */
const BUILD_MS = 20 * 60_000;
const APPROVED_AFTER_S = 8;

let program: string;
let folder: string;
let bob: ApiClient;

beforeAll(async () => {
  program = await ensureHelm({ clock: systemClock, log: (line) => console.info(line), env: process.env });
  bob = await apiClient('bob');
  folder = await mkdtemp(join(tmpdir(), 'helm-'));
}, BUILD_MS);

afterAll(async () => {
  bob.agent.destroy();
  await rm(folder, { recursive: true, force: true });
});

/** Plain Helm as alice, with folders of its own. */
function helm(...args: readonly string[]): Promise<Result> {
  const env = { KUBECONFIG: inject('e2e').kubeconfigs.alice, HELM_CACHE_HOME: folder, HELM_CONFIG_HOME: folder };
  return runProgram(program, args, { timeout: 180_000 }, env);
}

/** A chart of one Deployment. */
async function chart(namespace: string, version: string): Promise<string> {
  const directory = join(folder, `${namespace}-${version}`);
  await mkdir(join(directory, 'templates'), { recursive: true });
  await writeFile(join(directory, 'Chart.yaml'), stringify({ apiVersion: 'v2', name: 'shop', version }));
  const metadata = { name: 'shop', namespace, annotations: { version } };
  await writeFile(
    join(directory, 'templates/deployment.yaml'),
    stringify({ ...deployment(namespace, 'shop'), metadata }),
  );
  return directory;
}

test(`${verifies('README-waiting')}helm install and helm upgrade go on by themselves after the approval`, {
  timeout: 300_000,
}, async () => {
  const { namespace } = await scene('helm', [deploymentRule(['CREATE', 'UPDATE'])], (spec) => ({
    ...spec,
    wait: { write: '2m' },
  }));
  for (const [verb, version] of [
    ['install', '1.0.0'],
    ['upgrade', '1.1.0'],
  ] as const) {
    const directory = await chart(namespace, version);
    const command = helm(verb, 'shop', directory, '--namespace', namespace);
    const { result, latencyMs } = await approvedAfter(APPROVED_AFTER_S, namespace, bob, command);
    console.info(`helm ${verb}, approved after ${APPROVED_AFTER_S} s, came back ${latencyMs} ms after bob's vote`);
    expect(result).toMatchObject({ code: 0, stdout: expect.stringContaining('STATUS: deployed') });
  }
  const made = await requests(namespace);
  expect(made.map(({ status }) => status?.state)).toEqual(['Consumed', 'Consumed']);
});
