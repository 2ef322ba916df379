import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { repositoryRoot } from '../../../tools/cluster/profiles.ts';
import { run } from '../../../tools/cluster/run.ts';
import { listening, startServer, type Target } from '../target.ts';
import type { Workbench } from '../workbench.ts';

const BUILD_TIMEOUT_MS = 600_000;
const MODULE = 'github.com/open-policy-agent/opa';

/** OPA as an admission webhook, built from its Go module as bench/opa/go.mod pins it, with bench/opa/gate.rego. */
export async function startOpa(port: number, bench: Workbench): Promise<Target> {
  const root = repositoryRoot();
  const source = join(root, 'bench/opa');
  const binary = join(root, '.local/bench/opa');
  await mkdir(join(root, '.local/bench'), { recursive: true });
  const env = { ...process.env, CGO_ENABLED: '0', GOWORK: 'off', GOFLAGS: '-mod=readonly -buildvcs=false' };
  // Without the WebAssembly engine and the registry client, which no admission review needs.
  const build = ['build', '-C', source, '-trimpath', '-tags', 'opa_no_oci,no_wasm', '-o', binary, MODULE];
  if (!(await isBuilt(binary, join(source, 'go.mod')))) await run('go', build, { env, timeoutMs: BUILD_TIMEOUT_MS });
  const { certificate, key, authority } = bench.peerTls;
  const command = [
    binary,
    'run',
    '--server',
    `--addr=127.0.0.1:${port}`,
    `--tls-cert-file=${certificate}`,
    `--tls-private-key-file=${key}`,
    '--log-level=error',
    '--disable-telemetry',
    join(source, 'gate.rego'),
    join(source, 'data.json'),
  ];
  const server = startServer({ name: 'opa', command, directory: bench.directory });
  const url = `https://127.0.0.1:${port}/`;
  await listening(server, url, authority, bench.clock);
  return {
    ...server,
    name: 'opa',
    description: 'opa run --server, three rules in Rego, request log off',
    authority,
    url: () => url,
  };
}

/** Whether there is a binary that is newer than the module that it is built from: building takes minutes. */
async function isBuilt(binary: string, module: string): Promise<boolean> {
  const built = await stat(binary).catch(() => undefined);
  return built !== undefined && built.mtimeMs > (await stat(module)).mtimeMs;
}
