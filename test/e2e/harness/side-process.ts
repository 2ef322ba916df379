import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, connect, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inject } from 'vitest';
import { parse, stringify } from 'yaml';
import { repositoryRoot } from '../../../tools/cluster/profiles.ts';
import { configFile } from '../../../tools/install/sallyport-process.ts';
import { freePorts } from '../../harness/free-ports.ts';

/** Another replica of the webhook, which no API server asks by itself, behind a line to the API server that can be cut. */
export interface SideProcess extends AsyncDisposable {
  readonly webhookPort: number;
  readonly healthPort: number;
  connect(): Promise<void>;
  cut(): Promise<void>;
  running(): boolean;
}

/** Starts it with the line cut. `host` is where the webhook listens. */
export async function startSideProcess(host = '127.0.0.1'): Promise<SideProcess> {
  const { place } = inject('e2e');
  const directory = await mkdtemp(join(tmpdir(), 'sallyport-side-'));
  const { linePort, webhookPort, healthPort } = await freePorts('linePort', 'webhookPort', 'healthPort');
  const kubeconfig = parse(await readFile(join(place.directory, 'sallyport.kubeconfig'), 'utf8')) as {
    clusters: { cluster: { server: string } }[];
  };
  const cluster = kubeconfig.clusters[0]?.cluster;
  if (cluster === undefined) throw new Error('the kubeconfig names no cluster');
  const target = new URL(cluster.server);
  cluster.server = `https://${target.hostname}:${linePort}`;
  await writeFile(join(directory, 'kubeconfig'), stringify(kubeconfig), { mode: 0o600 });
  // Its limits are those of the replica that the API server asks: users of a test have more open than users have.
  const { requests } = parse(await readFile(configFile(place), 'utf8')) as { requests?: object };
  const config = {
    kubeconfig: join(directory, 'kubeconfig'),
    roles: ['webhook'],
    requests,
    webhook: { listen: { host, port: webhookPort }, limits: { lingerSeconds: 0.1 } },
    health: { host: '127.0.0.1', port: healthPort },
  };
  await writeFile(join(directory, 'sallyport.yaml'), stringify(config));
  const child = spawn(
    process.execPath,
    [join(repositoryRoot(), 'src/bin/sallyport.ts'), 'serve', '--config', join(directory, 'sallyport.yaml')],
    { stdio: 'ignore' },
  );
  const line = createLine(target, linePort);
  return {
    webhookPort,
    healthPort,
    connect: () => line.connect(),
    cut: () => line.cut(),
    running: () => child.exitCode === null && child.signalCode === null,
    [Symbol.asyncDispose]: async () => {
      await end(child);
      await line.cut();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = once(child, 'exit');
  child.kill('SIGKILL');
  await closed;
}

/** TCP, forwarded byte for byte while it is connected. */
function createLine(target: URL, port: number) {
  let listener: Server | undefined;
  const sockets = new Set<Socket>();
  const forward = (socket: Socket) => {
    const far = connect(Number(target.port), target.hostname);
    for (const each of [socket, far]) {
      sockets.add(each);
      each.on('error', () => undefined);
      each.on('close', () => {
        sockets.delete(each);
        socket.destroy();
        far.destroy();
      });
    }
    socket.pipe(far).pipe(socket);
  };
  return {
    connect: async () => {
      listener = createServer(forward);
      listener.listen(port, '127.0.0.1');
      await once(listener, 'listening');
    },
    cut: async () => {
      if (listener === undefined) return;
      const closed = once(listener, 'close');
      listener.close();
      for (const socket of sockets) socket.destroy();
      await closed;
      listener = undefined;
    },
  };
}
