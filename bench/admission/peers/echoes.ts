import { join } from 'node:path';
import { listening, startServer, type Target } from '../target.ts';
import type { Workbench } from '../workbench.ts';

/** node:https and Express: they parse the review and allow it. */
export async function startEcho(name: 'node-https' | 'express', port: number, bench: Workbench): Promise<Target> {
  const { certificate, key, authority } = bench.peerTls;
  const program = join(import.meta.dirname, '../servers', `${name}.ts`);
  const command = [process.execPath, program, String(port), certificate, key];
  const server = startServer({ name, command, directory: bench.directory, env: { NODE_ENV: 'production' } });
  const url = `https://127.0.0.1:${port}/`;
  await listening(server, url, authority, bench.clock);
  return {
    ...server,
    name,
    description: name === 'express' ? 'Express over node:https, parses and allows' : 'node:https, parses and allows',
    authority,
    url: () => url,
  };
}
