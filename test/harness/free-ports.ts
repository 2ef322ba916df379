import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';

/** For a server whose address others must know before it listens. */
export async function freePort(): Promise<number> {
  const { port } = await freePorts('port');
  return port;
}

/** A port for each name, all different: each is held until the last is found. */
export async function freePorts<Name extends string>(...names: readonly Name[]): Promise<Record<Name, number>> {
  const servers = await Promise.all(
    names.map(async (name) => {
      const server = createServer().listen(0, '127.0.0.1');
      await once(server, 'listening');
      return { name, server, port: (server.address() as AddressInfo).port };
    }),
  );
  await Promise.all(
    servers.map(async ({ server }) => {
      server.close();
      await once(server, 'close');
    }),
  );
  return Object.fromEntries(servers.map(({ name, port }) => [name, port])) as Record<Name, number>;
}
