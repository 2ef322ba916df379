import type { ClusterPaths } from './paths.ts';
import { run } from './run.ts';

/** The containerd namespace that kubelet uses. */
const NAMESPACE = 'k8s.io';

function ctr(paths: ClusterPaths, args: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  return run('ctr', ['--address', paths.containerdSocket, '--namespace', NAMESPACE, ...args], { env });
}

/** True once containerd answers. */
export async function containerdAnswers(paths: ClusterPaths, env: NodeJS.ProcessEnv): Promise<boolean> {
  return ctr(paths, ['version'], env).then(
    () => true,
    () => false,
  );
}

/** Makes the images of an archive available to pods. */
export async function importImage(paths: ClusterPaths, archive: string, env: NodeJS.ProcessEnv): Promise<void> {
  await ctr(paths, ['images', 'import', archive], env);
}
