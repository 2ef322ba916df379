import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { RunError } from '../cluster/run.ts';
import { type UnpackContext, type Unpacked, unpackPackages } from './unpack.ts';

const POSTGRES: Unpacked = {
  name: 'postgresql',
  packages: ['postgresql'],
  who: 'the tests need',
  otherwise: 'Install PostgreSQL.',
};

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'unpack-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** A Debian whose apt fetches one package, and whose dpkg-deb makes one file of it. */
function machine(changes: Partial<UnpackContext> = {}) {
  const commands: string[] = [];
  const context: UnpackContext = {
    folder,
    log: () => undefined,
    env: {},
    find: async (name) => `/usr/bin/${name}`,
    run: async (program, args) => {
      commands.push([program, ...args].join(' '));
      if (args.includes('install')) {
        const cache = args.find((each) => each.startsWith('Dir::Cache='))?.slice('Dir::Cache='.length) ?? '';
        await writeFile(join(cache, 'archives', 'postgresql_15_all.deb'), '');
      }
      if (program === 'dpkg-deb') {
        const file = join(args.at(-1) ?? '', 'usr/bin/postgres');
        await mkdir(dirname(file), { recursive: true });
        await writeFile(file, '');
      }
      return '';
    },
    ...changes,
  };
  return { context, commands };
}

test('what is missing is fetched and unpacked, once, and nothing is installed', async () => {
  const { context, commands } = machine();
  const root = await unpackPackages(POSTGRES, context);
  expect(await readdir(join(root, 'usr/bin'))).toEqual(['postgres']);
  expect(await readdir(folder)).toEqual(['postgresql']);
  const run = commands.map((command) => command.replaceAll(/ -o \S+/g, ''));
  expect(run).toEqual([
    'apt-get update',
    'apt-get install --download-only --yes --no-install-recommends postgresql',
    expect.stringMatching(/^dpkg-deb --extract \S+\/postgresql_15_all\.deb \S+\/root$/),
  ]);
  await unpackPackages(POSTGRES, context);
  expect(commands).toHaveLength(3);
});

test('apt writes into our folder alone', async () => {
  const { context, commands } = machine();
  await unpackPackages(POSTGRES, context);
  for (const command of commands.filter((each) => each.startsWith('apt-get'))) {
    const settings = new Map([...command.matchAll(/-o (\S+?)=(\S+)/g)].map(([, name, value]) => [name, value]));
    for (const name of ['Dir::State', 'Dir::Cache']) expect(settings.get(name)).toMatch(new RegExp(`^${folder}/`));
    expect(settings.get('Dir::State::status')).toBe('/var/lib/dpkg/status');
  }
});

test('elsewhere than on Debian it is said what is needed, and how to get it', async () => {
  const { context, commands } = machine({ find: async () => undefined });
  const said = 'the tests need postgresql of Debian, which this machine is not. Install PostgreSQL.';
  await expect(unpackPackages(POSTGRES, context)).rejects.toMatchObject({ code: 'PACKAGES_MISSING', message: said });
  expect(commands).toEqual([]);
});

test('what broke off half-way is begun anew', async () => {
  const broken = machine({ run: async () => Promise.reject(new RunError('apt-get update', 'no network', undefined)) });
  await expect(unpackPackages(POSTGRES, broken.context)).rejects.toThrow('no network');
  expect(await readdir(folder)).toEqual([]);
  await unpackPackages(POSTGRES, machine().context);
  expect(await readdir(folder)).toEqual(['postgresql']);
});
