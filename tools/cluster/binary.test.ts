import { expect, test } from 'vitest';
import { clusterProgram, kubernetesVersion, linkerFlags } from './binary.ts';

test('the binary is kept under the version that go.mod requires', async () => {
  expect((await clusterProgram()).release).toMatch(/^kubernetes-v1\.\d+\.\d+$/);
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
