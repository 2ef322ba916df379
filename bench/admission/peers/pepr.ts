import { cp, mkdir, rm, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { repositoryRoot } from '../../../tools/cluster/profiles.ts';
import { run } from '../../../tools/cluster/run.ts';
import { clusterPaths } from '../../../tools/cluster/paths.ts';
import { listening, startServer, type Target } from '../target.ts';
import type { Workbench } from '../workbench.ts';

/** In the URL of Pepr's webhook; its way to know the API server. */
const PATH_TOKEN = 'bench-path-token';
const BUILD_TIMEOUT_MS = 300_000;

/**
 * Pepr's admission controller as `pepr init` and `pepr build` make it, with the capability of bench/pepr. It listens at a
 * fixed port.
 */
export async function startPepr(bench: Workbench): Promise<Target> {
  const built = await buildModule();
  await createStore(bench);
  const { certificate, key, authority } = bench.peerTls;
  const server = startServer({
    name: 'pepr',
    command: [process.execPath, built],
    directory: bench.directory,
    env: {
      NODE_ENV: 'production',
      LOG_LEVEL: 'error',
      PEPR_WATCH_MODE: 'false',
      PEPR_API_PATH: PATH_TOKEN,
      SSL_CERT_PATH: certificate,
      SSL_KEY_PATH: key,
      KUBECONFIG: join(clusterPaths(bench.directory).kubeconfigs, 'admin.yaml'),
      NODE_EXTRA_CA_CERTS: join(clusterPaths(bench.directory).pki, 'ca.crt'),
    },
  });
  const url = `https://127.0.0.1:3000/validate/${PATH_TOKEN}`;
  await listening(server, url, authority, bench.clock);
  return {
    ...server,
    name: 'pepr',
    description: 'Pepr 1.1.4, admission mode, two Validate actions, LOG_LEVEL=error',
    authority,
    url: () => url,
  };
}

/** Only where it is missing or older than its source: it takes half a minute. */
async function buildModule(): Promise<string> {
  const root = repositoryRoot();
  const [source, place] = [join(root, 'bench/pepr'), join(root, '.local/bench')];
  const module = join(place, 'gate');
  const output = join(module, 'dist/pepr-bench.js');
  const changed = await stat(join(source, 'capabilities/gate.ts'));
  const built = await stat(output).catch(() => undefined);
  if (built !== undefined && built.mtimeMs > changed.mtimeMs) return output;
  await rm(module, { recursive: true, force: true });
  await mkdir(place, { recursive: true });
  const pepr = (cwd: string, ...args: string[]): Promise<string> => {
    const program = join(root, 'bench/node_modules/pepr/dist/cli.js');
    return run(process.execPath, [program, ...args], { cwd, timeoutMs: BUILD_TIMEOUT_MS });
  };
  const names = ['--name', 'gate', '--description', 'benchmark', '--uuid', 'bench'];
  await pepr(place, 'init', ...names, '--error-behavior', 'reject', '--skip-post-init', '--yes');
  await rm(join(module, 'capabilities'), { recursive: true, force: true });
  await cp(source, module, { recursive: true });
  await symlink(join(root, 'bench/node_modules'), join(module, 'node_modules'));
  await pepr(module, 'build');
  return output;
}

/** The kind that Pepr keeps its own state in, and the namespace of it; its installation brings both. */
async function createStore({ plane: { admin } }: Workbench): Promise<void> {
  await admin.create('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'pepr-system' } });
  await admin.create('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'peprstores.pepr.dev' },
    spec: {
      group: 'pepr.dev',
      scope: 'Namespaced',
      names: { plural: 'peprstores', singular: 'peprstore', kind: 'PeprStore' },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: {
            openAPIV3Schema: {
              type: 'object',
              properties: { data: { type: 'object', additionalProperties: { type: 'string' } } },
            },
          },
        },
      ],
    },
  });
}
