import { expect, test } from 'vitest';
import { clusterPorts, PORT_SPAN } from './addresses.ts';
import { checkOptions } from './options.ts';
import { PROFILES, profileDirectory, profileOptions, SLOTS, slotted } from './profiles.ts';

const profiles = Object.values(PROFILES);
const places = profiles.flatMap((profile) => Array.from({ length: SLOTS }, (_, slot) => slotted(profile, slot)));

test('no two profiles share a name, a directory or a bridge', () => {
  for (const key of ['name', 'directory', 'bridge'] as const) {
    const values = profiles.map((profile) => profile[key]);
    expect([key, new Set(values).size]).toEqual([key, values.length]);
  }
});

test('no two profiles share a port, in whichever slots', () => {
  const ports = places.flatMap(({ portBase }) => Array.from({ length: PORT_SPAN }, (_, offset) => portBase + offset));
  expect(new Set(ports).size).toBe(ports.length);
});

test('no two profiles share a network, in whichever slots', () => {
  const subnets = places.flatMap(({ subnet }) => [subnet, subnet + 1]);
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

test('a clone with a long path keeps the state of its clusters in a short place of its own', () => {
  const long = `/srv/${'long/'.repeat(20)}clone`;
  expect(profileDirectory('cluster', '/srv/clone')).toBe('/srv/clone/.local/cluster');
  expect(profileDirectory('cluster', long)).toMatch(/^\/var\/tmp\/sallyport\/[0-9a-f]{12}\/cluster$/);
  expect(profileDirectory('cluster', long)).not.toBe(profileDirectory('cluster', `${long}2`));
});

test.each([-1, 8, 1.5, Number.NaN])('there is no slot %s', (slot) => {
  expect(() => slotted(profiles[0] ?? expect.fail('no profile'), slot)).toThrow(RangeError);
});
