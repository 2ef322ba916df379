import { expect, test } from 'vitest';
import { clusterPorts, PORT_SPAN } from './addresses.ts';
import { checkOptions } from './options.ts';
import { PROFILES, profileOptions } from './profiles.ts';

const profiles = Object.values(PROFILES);

test('no two profiles share a name, a directory or a bridge', () => {
  for (const key of ['name', 'directory', 'bridge'] as const) {
    const values = profiles.map((profile) => profile[key]);
    expect([key, new Set(values).size]).toEqual([key, values.length]);
  }
});

test('no two profiles share a port', () => {
  const ports = profiles.flatMap(({ portBase }) => Array.from({ length: PORT_SPAN }, (_, offset) => portBase + offset));
  expect(new Set(ports).size).toBe(ports.length);
});

test('no two profiles share a network', () => {
  const subnets = profiles.flatMap(({ subnet }) => [subnet, subnet + 1]);
  expect(new Set(subnets).size).toBe(subnets.length);
});

test('every profile is one that a cluster can start with', () => {
  for (const name of ['local', 'test', 'demo', 'integration'] as const) {
    const options = profileOptions(name, () => undefined, { directory: `/srv/${name}` });
    expect(() => checkOptions(options)).not.toThrow();
  }
});

test('the ports of a cluster differ and lie within its span', () => {
  const ports = Object.values(clusterPorts(17_000));
  expect(new Set(ports).size).toBe(ports.length);
  for (const port of ports) expect(port >= 17_000 && port < 17_000 + PORT_SPAN).toBe(true);
});
