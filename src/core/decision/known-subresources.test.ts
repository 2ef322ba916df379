import { expect, test } from 'vitest';
import { isOwnGroup, unknownSubresources } from './known-subresources.ts';

test.each<[string, string[], string[]]>([
  ['what this version knows', ['pods/exec', 'deployments.apps/scale', 'nodes/status', 'serviceaccounts/token'], []],
  ['a new way into a pod, in two versions of its group', ['pods/enter', 'pods/exec', 'pods/enter'], ['pods/enter']],
  ['the name of a known one elsewhere', ['virtualmachines.x.k8s.io/exec'], ['virtualmachines.x.k8s.io/exec']],
])('[R33] %s', (_, served, unknown) => {
  expect(unknownSubresources(served)).toEqual(unknown);
});

test.each<[string, boolean]>([
  ['', true],
  ['apps', true],
  ['certificates.k8s.io', true],
  ['subresources.kubevirt.io', false],
])('the group "%s" is Kubernetes’ own: %s', (group, own) => {
  expect(isOwnGroup(group)).toBe(own);
});
