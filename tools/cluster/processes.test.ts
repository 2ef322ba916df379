import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { clusterPaths } from './paths.ts';
import { clusterProcesses, ownProgram } from './processes.ts';

const paths = clusterPaths('/srv/.local/cluster');

const cases: Record<string, [args: string[], program: string | undefined]> = {
  'a component is named by its first argument': [
    ['/cache/cluster', 'etcd', '--data-dir=/srv/.local/cluster/etcd'],
    'etcd',
  ],
  'containerd is known by its config file': [
    ['containerd', '--config', '/srv/.local/cluster/config/containerd.toml'],
    'containerd',
  ],
  'a shim is known by its socket, which is not in the directory': [
    ['/usr/bin/containerd-shim-runc-v2', '-id', 'x', '-address', `${paths.runtime}/containerd.sock`],
    'containerd-shim-runc-v2',
  ],
  'a socket URL counts': [['/cache/cluster', 'kubelet', `--endpoint=unix://${paths.containerdSocket}`], 'kubelet'],
  'another cluster whose directory begins the same is not ours': [
    ['/cache/cluster', 'etcd', '--data-dir=/srv/.local/cluster-2/etcd'],
    undefined,
  ],
  'another cluster whose directory ends the same is not ours': [
    ['/cache/cluster', 'etcd', '--data-dir=/mnt/srv/.local/cluster/etcd'],
    undefined,
  ],
  'an editor with one of our files is not ours': [['vi', '/srv/.local/cluster/config/kubelet.yaml'], undefined],
  'the command that stops the cluster is not ours': [
    ['node', 'tools/cluster/main.ts', 'stop', '--directory', '/srv/.local/cluster'],
    undefined,
  ],
  "the machine's own containerd is not ours": [['/usr/bin/containerd'], undefined],
  'a kernel thread has no arguments': [[''], undefined],
};

test.each(Object.entries(cases))('%s', (_, [args, program]) => {
  expect(ownProgram(args, paths)).toBe(program);
});

test('the process table is read; entries that are no process or have ended are passed over', async () => {
  const proc = await mkdtemp(join(tmpdir(), 'proc-'));
  onTestFinished(() => rm(proc, { recursive: true, force: true }));
  const add = async (pid: string, ...args: string[]): Promise<void> => {
    await mkdir(join(proc, pid));
    await writeFile(join(proc, pid, 'cmdline'), args.map((argument) => `${argument}\0`).join(''));
  };
  await add('12', '/cache/cluster', 'kubelet', '--root-dir=/srv/.local/cluster/kubelet');
  await add('34', 'sh', '-c', 'sleep 1');
  await add('self', '/cache/cluster', 'kubelet', '--root-dir=/srv/.local/cluster/kubelet');
  await mkdir(join(proc, '56'));
  expect(await clusterProcesses(paths, proc)).toEqual([{ pid: 12, program: 'kubelet' }]);
});
