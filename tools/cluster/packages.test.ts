import { expect, test } from 'vitest';
import { withSystemPath } from './environment.ts';
import { BROWSER_NEEDS, ensurePackages, type PackagesContext } from './packages.ts';

/** A machine that lacks some programs until apt-get has been run. */
function machine(lacking: readonly string[], changes: Partial<PackagesContext> = {}) {
  const commands: string[] = [];
  let installed = false;
  const context: PackagesContext = {
    log: () => undefined,
    env: {},
    isRoot: true,
    find: async (name) => (installed || !lacking.includes(name) ? `/usr/bin/${name}` : undefined),
    run: async (program, args) => {
      commands.push([program, ...args].join(' '));
      installed = args.includes('install');
      return '';
    },
    ...changes,
  };
  return { context, commands };
}

test('where everything is there nothing is run', async () => {
  const { context, commands } = machine([]);
  await ensurePackages(context);
  expect(commands).toEqual([]);
});

test('what is missing is installed, each package once', async () => {
  const { context, commands } = machine(['ctr', 'containerd', '/usr/lib/cni/bridge']);
  await ensurePackages(context);
  expect(commands).toEqual([
    'apt-get update',
    'apt-get install -y --no-install-recommends containerd containernetworking-plugins',
  ]);
});

test('a browser is installed only for who asks for one', async () => {
  const lacking = ['chromium', '/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf'];
  const { context, commands } = machine(lacking);
  await ensurePackages(context);
  expect(commands).toEqual([]);
  await ensurePackages(context, BROWSER_NEEDS, 'the tests need');
  expect(commands.at(-1)).toBe('apt-get install -y --no-install-recommends chromium fonts-dejavu-core');
  const user = machine(['chromium'], { isRoot: false });
  await expect(ensurePackages(user.context, BROWSER_NEEDS, 'the tests need')).rejects.toThrow(/^the tests need these/);
});

const cannot: Record<string, [string[], Partial<PackagesContext>]> = {
  'a plain user is told what to install': [['runc'], { isRoot: false }],
  'on another distribution the packages are named': [['runc', 'apt-get'], {}],
};

test.each(Object.entries(cannot))('%s', async (_, [lacking, changes]) => {
  const { context, commands } = machine(lacking, changes);
  await expect(ensurePackages(context)).rejects.toThrow('Run: apt-get install -y --no-install-recommends runc');
  expect(commands).toEqual([]);
});

test('a package that does not bring its program is not taken for success', async () => {
  const { context } = machine(['runc'], { run: async () => '' });
  await expect(ensurePackages(context)).rejects.toThrow('after installing runc, runc still lack');
});

test("folders of root's programs are added to the PATH, after the user's", () => {
  expect(withSystemPath({ PATH: '/opt/bin' })['PATH']).toMatch(/^\/opt\/bin:.*\/usr\/sbin/);
});
