import { type ClusterContext, localContext } from './context.ts';
import { terminalConfirm, useCurrentCluster } from './current.ts';
import { startKind, stopKind } from './kind.ts';
import { type Cluster, type ClusterOptions, ClusterOptionsError } from './options.ts';
import { findProgram } from './packages.ts';
import { type Runner, run } from './run.ts';
import { startCluster } from './start.ts';
import { stopCluster } from './stop.ts';

export type Provider = 'binary' | 'kind' | 'current';

/** What the choice depends on. */
export interface Machine {
  readonly dockerAnswers: boolean;
  readonly hasKind: boolean;
  readonly isLinuxRoot: boolean;
}

/** Decides by CLUSTER (auto, binary, kind or current; unset means auto) and by what the machine has. */
export function chooseProvider(wanted: string | undefined, machine: Machine): Provider {
  switch (wanted ?? 'auto') {
    case 'binary':
    case 'kind':
    case 'current':
      return wanted as Provider;
    case 'auto':
      if (machine.dockerAnswers && machine.hasKind) return 'kind';
      if (machine.isLinuxRoot) return 'binary';
      throw new ClusterOptionsError(
        'there is no way to make a cluster here: start Docker and install kind, or run as root on Linux, or set CLUSTER=current to use the cluster of the current kubeconfig',
      );
    default:
      throw new ClusterOptionsError(`CLUSTER=${wanted} is none of auto, binary, kind and current`);
  }
}

async function inspectMachine(env: NodeJS.ProcessEnv, execute: Runner): Promise<Machine> {
  const docker = execute('docker', ['info'], { timeoutMs: DOCKER_TIMEOUT_MS, env }).then(
    () => true,
    () => false,
  );
  return {
    dockerAnswers: await docker,
    hasKind: (await findProgram('kind', env)) !== undefined,
    isLinuxRoot: process.platform === 'linux' && process.getuid?.() === 0,
  };
}

/** A Docker client without a daemon may wait for a long time. */
const DOCKER_TIMEOUT_MS = 10_000;

/** Brings up, or reuses, a cluster of the kind that CLUSTER asks for. */
export async function provideCluster(
  options: ClusterOptions,
  context: ClusterContext = localContext(),
): Promise<Cluster> {
  const chosen = await provider(context);
  if (chosen === 'kind') return startKind(options, run, context);
  if (chosen === 'current') return useCurrentCluster(options, run, terminalConfirm(context.env), context);
  return startCluster(options, context);
}

/** Ends what `provideCluster` brought up, from another process. */
export async function withdrawCluster(
  options: Pick<ClusterOptions, 'name' | 'directory'>,
  context: ClusterContext = localContext(),
): Promise<void> {
  switch (await provider(context)) {
    case 'binary':
      return stopCluster(options.directory, context);
    case 'kind':
      return stopKind(options, run);
    case 'current':
      return undefined;
  }
}

async function provider({ env }: ClusterContext): Promise<Provider> {
  const wanted = env['CLUSTER'];
  return chooseProvider(wanted, await inspectMachine(env, run));
}
