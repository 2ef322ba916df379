import { access, readdir, readFile } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { clusterPorts } from '../../tools/cluster/addresses.ts';
import { localContext } from '../../tools/cluster/context.ts';
import { mountsBelow } from '../../tools/cluster/mounts.ts';
import type { Cluster } from '../../tools/cluster/options.ts';
import { clusterPaths } from '../../tools/cluster/paths.ts';
import { clusterProcesses } from '../../tools/cluster/processes.ts';
import { profileOptions } from '../../tools/cluster/profiles.ts';
import { run } from '../../tools/cluster/run.ts';
import { startCluster } from '../../tools/cluster/start.ts';
import { clusterStatus } from '../../tools/cluster/status.ts';
import { stopCluster } from '../../tools/cluster/stop.ts';

const isLinuxRoot = process.platform === 'linux' && process.getuid?.() === 0;

describe.runIf(isLinuxRoot)('a cluster from one binary', () => {
  const lines: string[] = [];
  const options = profileOptions('integration', (line) => lines.push(line));
  const paths = clusterPaths(options.directory);
  let cluster: Cluster;

  const kubectl = (kubeconfig: string, ...args: string[]): Promise<string> =>
    run(cluster.kubectl, ['--kubeconfig', kubeconfig, ...args]);

  async function runPod(name: string): Promise<void> {
    const { admin } = cluster.kubeconfigs;
    const image = ['--image=local/busybox:1', '--image-pull-policy=Never', '--restart=Never'];
    await kubectl(admin, 'run', name, ...image, '--command', '--', 'sleep', '100000');
    await kubectl(admin, 'wait', '--for=condition=Ready', `pod/${name}`, '--timeout=30s');
  }

  beforeAll(async () => {
    cluster = await startCluster(options);
  });

  afterAll(() => stopCluster(options.directory));

  test('runs a pod, and exec and logs reach it', async () => {
    await runPod('web');
    const { admin } = cluster.kubeconfigs;
    expect(await kubectl(admin, 'exec', 'web', '--', 'echo', 'hello')).toBe('hello\n');
    expect(await kubectl(admin, 'logs', 'web')).toBe('');
  });

  test('a pod reaches the API server at the address that its environment names', async () => {
    // Plain HTTP on purpose: busybox speaks no modern TLS, and the API server says so in plain HTTP.
    const request = 'printf "GET / HTTP/1.0\\r\\n\\r\\n" | nc -w 5 $KUBERNETES_SERVICE_HOST $KUBERNETES_SERVICE_PORT';
    const answer = await kubectl(cluster.kubeconfigs.admin, 'exec', 'web', '--', 'sh', '-c', request);
    expect(answer).toContain('Client sent an HTTP request to an HTTPS server');
  });

  test('each person is who the kubeconfig says, in its groups and without rights', async () => {
    const groupsOf = (file: string): Promise<string> =>
      kubectl(file, 'auth', 'whoami', '--output=jsonpath={.status.userInfo.username} {.status.userInfo.groups}');
    expect(await groupsOf(cluster.kubeconfigs.alice)).toBe('alice ["developers","system:authenticated"]');
    expect(await groupsOf(cluster.kubeconfigs.bob)).toBe('bob ["sre","system:authenticated"]');
    expect(await groupsOf(cluster.kubeconfigs.carol)).toBe('carol ["sre","system:authenticated"]');
    const dave = await cluster.kubeconfigFor('team/dave+ops', ['one', 'two:three']);
    expect(await groupsOf(dave)).toBe('team/dave+ops ["one","two:three","system:authenticated"]');
    await expect(kubectl(cluster.kubeconfigs.alice, 'get', 'pods')).rejects.toThrow('User "alice" cannot list');
  });

  test('the exec is in the audit log with its user', async () => {
    const events = (await readFile(cluster.auditLog ?? '', 'utf8')).trim().split('\n');
    const execs = events.filter((line) => line.includes('"subresource":"exec"') && line.includes('"username":"admin"'));
    expect(execs.length).toBeGreaterThan(0);
  });

  test('a second start reuses it', async () => {
    const before = await clusterProcesses(paths);
    await startCluster(options);
    expect(lines.at(-1)).toContain('already runs');
    expect(await clusterProcesses(paths)).toEqual(before);
  });

  test('a start over the remains of a crash gives a working cluster', async () => {
    for (const { pid, program } of await clusterProcesses(paths)) {
      if (['kubelet', 'containerd'].includes(program)) process.kill(pid, 'SIGKILL');
    }
    await expect.poll(async () => (await clusterStatus(options.directory)).state).toBe('broken');
    cluster = await startCluster(options);
    await runPod('again');
    expect(await kubectl(cluster.kubeconfigs.admin, 'get', 'pods', '--output=name')).toBe('pod/again\n');
  });

  test('after stop nothing of it runs, is mounted, listens or is left in the network', async () => {
    await cluster.stop();
    expect(await processesNaming([paths.directory, paths.runtime])).toEqual([]);
    expect(mountsBelow(await readFile('/proc/self/mountinfo', 'utf8'), [paths.directory, paths.runtime])).toEqual([]);
    for (const port of Object.values(clusterPorts(options.portBase))) expect(await listens(port)).toBe(false);
    expect(await readdir('/sys/class/net')).not.toContain(options.bridge);
    expect(await run('iptables-save', ['--table', 'nat'], { env: localContext().env })).not.toContain(paths.id);
    expect(await readdir(options.directory)).toEqual(['logs']);
    await expect(access(paths.runtime)).rejects.toThrow('ENOENT');
    expect(await clusterStatus(options.directory)).toEqual({ state: 'stopped' });
  });

  test('a stop of what is stopped does nothing', async () => {
    await expect(stopCluster(options.directory)).resolves.toBeUndefined();
  });
});

/** Command lines of all processes that name one of the paths, whatever program they are. */
async function processesNaming(paths: readonly string[]): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
  return lines.filter((line) => paths.some((path) => line.includes(`${path}/`)));
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ port, host: '127.0.0.1' });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
