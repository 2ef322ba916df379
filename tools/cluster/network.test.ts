import { expect, test } from 'vitest';
import { clusterAddresses, clusterPorts } from './addresses.ts';
import { mountsBelow } from './mounts.ts';
import { cniConfig, rulesWithComment } from './network.ts';
import { clusterPaths } from './paths.ts';

test('only rules with exactly our comment are deleted', () => {
  const listing = [
    '-P PREROUTING ACCEPT',
    '-A PREROUTING -d 10.89.0.1/32 -m comment --comment sallyport-1a -j REDIRECT --to-ports 17400',
    '-A PREROUTING -d 10.91.0.1/32 -m comment --comment "sallyport-1a2b" -j REDIRECT --to-ports 17440',
    '-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES',
  ].join('\n');
  expect(rulesWithComment(listing, 'sallyport-1a')).toEqual([
    'PREROUTING -d 10.89.0.1/32 -m comment --comment sallyport-1a -j REDIRECT --to-ports 17400'.split(' '),
  ]);
});

test('the addresses of pods are kept within the directory and below those of the machine', () => {
  const paths = clusterPaths('/srv/one');
  const config = cniConfig({ bridge: 'b0', paths, addresses: clusterAddresses(88), ports: clusterPorts(17_000) });
  expect(JSON.parse(config)).toMatchObject({
    name: `sallyport-${paths.id}`,
    plugins: [
      {
        bridge: 'b0',
        ipam: { dataDir: '/srv/one/cni-addresses', ranges: [[{ subnet: '10.88.0.0/24', rangeStart: '10.88.0.10' }]] },
      },
    ],
  });
});

test('mounts come deepest first, and only those below the folders', () => {
  const mountinfo = [
    '22 1 254:0 / / rw - ext4 /dev/vda rw',
    '30 22 0:30 / /srv/one/kubelet rw - tmpfs tmpfs rw',
    String.raw`31 30 0:31 / /srv/one/kubelet/pods/a\040b/volume rw - tmpfs tmpfs rw`,
    '32 22 0:32 / /srv/one-more rw - tmpfs tmpfs rw',
    '33 30 0:33 / /srv/one/kubelet rw - tmpfs tmpfs rw',
  ].join('\n');
  expect(mountsBelow(mountinfo, ['/srv/one'])).toEqual([
    '/srv/one/kubelet/pods/a b/volume',
    '/srv/one/kubelet',
    '/srv/one/kubelet',
  ]);
});
