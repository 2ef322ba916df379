import { expect, test } from 'vitest';
import { type ClusterOptions, checkOptions, MAX_DIRECTORY_BYTES } from './options.ts';

const good: ClusterOptions = {
  name: 'one',
  directory: '/srv/one',
  portBase: 17_000,
  subnet: 88,
  bridge: 'sally-one',
  log: () => undefined,
};

const refused: Record<string, [Partial<ClusterOptions>, string]> = {
  'a name that is no DNS label': [{ name: 'One_Two' }, 'is not a DNS label'],
  'a relative directory': [{ directory: 'here' }, 'must be an absolute path'],
  'a directory with a quote, which would end a string of a config file': [
    { directory: '/srv/"' },
    'must be an absolute',
  ],
  'a directory below which sockets do not fit': [
    { directory: `/${'x'.repeat(MAX_DIRECTORY_BYTES)}` },
    'is longer than',
  ],
  'a privileged port': [{ portBase: 80 }, 'port base 80'],
  'a subnet whose Service range is beyond 10.255': [{ subnet: 255 }, 'subnet 255'],
  'a bridge name that the kernel refuses': [{ bridge: 'sally-much-too-long' }, 'network interface name'],
};

test.each(Object.entries(refused))('%s is refused', (_, [change, message]) => {
  expect(() => checkOptions({ ...good, ...change })).toThrow(message);
});

test('good options pass', () => {
  expect(() => checkOptions(good)).not.toThrow();
});
