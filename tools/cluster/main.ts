import { isAbsolute, resolve } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { type ClusterContext, localContext } from './context.ts';
import { kubeconfigPaths, openCluster } from './open-cluster.ts';
import { type ClusterOptions, ClusterOptionsError } from './options.ts';
import { PROFILES, type ProfileName, profileOptions } from './profiles.ts';
import { provideCluster, withdrawCluster } from './provide.ts';
import { clusterStatus } from './status.ts';

interface Flags {
  readonly profile: ProfileName;
  readonly name?: string;
  readonly directory?: string;
  readonly portBase?: number;
  readonly subnet?: number;
  readonly bridge?: string;
}

function optionsFrom({ profile, ...flags }: Flags): ClusterOptions {
  const directory = flags.directory === undefined ? {} : { directory: absolute(flags.directory) };
  return profileOptions(profile, (line) => console.error(line), { ...flags, ...directory });
}

function absolute(path: string): string {
  return isAbsolute(path) ? path : resolve(path);
}

function profileName(value: string): ProfileName {
  const found = Object.keys(PROFILES).find((name) => name === value);
  if (found === undefined) throw new InvalidArgumentError(`one of ${Object.keys(PROFILES).join(', ')}`);
  return found as ProfileName;
}

function integer(value: string): number {
  if (!/^\d{1,5}$/.test(value)) throw new InvalidArgumentError('a number');
  return Number(value);
}

function verb(program: Command, name: string, description: string): Command {
  return program
    .command(name)
    .description(description)
    .option('--profile <name>', 'defaults of all other options', profileName, 'local')
    .option('--name <name>', 'name of the cluster and of its node')
    .option('--directory <path>', 'where its state is')
    .option('--port-base <port>', 'first of its ports', integer)
    .option('--subnet <n>', '10.n.0.0/24 for pods, 10.n+1.0.0/24 for Services', integer)
    .option('--bridge <name>', 'network bridge of its pods');
}

async function printStatus(options: ClusterOptions): Promise<void> {
  const status = await clusterStatus(options.directory);
  switch (status.state) {
    case 'stopped':
      console.log(`cluster ${options.name}: stopped`);
      process.exitCode = 1;
      return;
    case 'broken':
      console.log(`cluster ${options.name}: broken: ${status.why}`);
      process.exitCode = 1;
      return;
    case 'running':
      console.log(`cluster ${status.record.options.name}: running`);
      console.log(`KUBECONFIG=${kubeconfigPaths(options.directory).admin}`);
  }
}

async function printKubeconfig(
  options: ClusterOptions,
  user: string,
  groups: string[],
  context: ClusterContext,
): Promise<void> {
  const status = await clusterStatus(options.directory);
  if (status.state !== 'running') throw new ClusterOptionsError(`cluster ${options.name} does not run`);
  console.log(await openCluster(status.record.options, context).kubeconfigFor(user, groups));
}

function createProgram(context: ClusterContext): Command {
  const program = new Command('cluster').description(
    'a disposable Kubernetes on this machine (CLUSTER=auto|binary|kind|current)',
  );
  verb(program, 'start', 'bring it up, or reuse it').action(async (flags: Flags) => {
    const cluster = await provideCluster(optionsFrom(flags), context);
    console.log(`KUBECONFIG=${cluster.kubeconfigs.admin}`);
    console.log(`kubectl: ${cluster.kubectl}`);
  });
  verb(program, 'stop', 'end it and remove its state').action(async (flags: Flags) => {
    await withdrawCluster(optionsFrom(flags), context);
  });
  verb(program, 'status', 'say whether it runs; exit code 1 where it does not').action((flags: Flags) =>
    printStatus(optionsFrom(flags)),
  );
  verb(program, 'kubeconfig', 'write a kubeconfig for a user and print its path')
    .requiredOption('--user <user>', 'name of the user')
    .option('--group <group...>', 'groups of the user', [])
    .action((flags: Flags & { user: string; group: string[] }) => {
      const { user, group, ...rest } = flags;
      return printKubeconfig(optionsFrom(rest), user, group, context);
    });
  return program;
}

try {
  await createProgram(localContext()).parseAsync();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
