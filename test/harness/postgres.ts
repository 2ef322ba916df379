import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import { freePort } from './free-ports.ts';
import { postgresPrograms, unprivileged } from './postgres-programs.ts';

const START_MS = 60_000;
const STOP_MS = 20_000;

/** A server of our own with nothing in it, on the loopback address. */
export interface Postgres extends AsyncDisposable {
  readonly port: number;
  /** With user and password; of an empty database. */
  url(): Promise<string>;
  /** As its administrator. */
  query<Row extends object>(database: string, text: string, values?: readonly unknown[]): Promise<Row[]>;
  /** As a power cut would. */
  stop(): Promise<void>;
  start(): Promise<void>;
}

export interface PostgresOptions {
  /** PEM; then it takes nothing but TLS. */
  readonly tls?: { readonly cert: string; readonly key: string };
}

/** A PostgreSQL of the machine, or one unpacked from Debian's packages; it refuses to run as root, so it runs as somebody else then. */
export async function startPostgres(options: PostgresOptions = {}): Promise<Postgres> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-postgres-'));
  const owner = await unprivileged();
  const { programs, env } = await postgresPrograms(folder, owner !== undefined);
  const port = await freePort();
  const password = 'only-for-tests';
  const own = async (path: string): Promise<void> => {
    if (owner !== undefined) await chown(path, owner.uid, owner.gid);
  };
  const write = async (name: string, text: string): Promise<string> => {
    const path = join(folder, name);
    await writeFile(path, text, { mode: 0o600 });
    await own(path);
    return path;
  };
  await chmod(folder, 0o700);
  await own(folder);
  const data = join(folder, 'data');
  await mkdir(data, { mode: 0o700 });
  await own(data);
  const passwordFile = await write('password', `${password}\n`);
  const settings = ['fsync=off', 'shared_buffers=32MB', 'max_connections=30', `unix_socket_directories=${folder}`];
  if (options.tls !== undefined) {
    const [cert, key] = [await write('tls.crt', options.tls.cert), await write('tls.key', options.tls.key)];
    settings.push('ssl=on', `ssl_cert_file=${cert}`, `ssl_key_file=${key}`);
  }
  const spawned = (program: string, args: readonly string[]): ChildProcess =>
    spawn(join(programs, program), args, { cwd: folder, env, stdio: ['ignore', 'ignore', 'pipe'], ...owner });
  const initdb = ['-D', data, '-U', 'admin', '-A', 'scram-sha-256', `--pwfile=${passwordFile}`, '-E', 'UTF8'];
  await ended(spawned('initdb', [...initdb, '--locale=C', '--no-sync']), 'initdb');
  if (options.tls !== undefined) await write('data/pg_hba.conf', 'hostssl all all 127.0.0.1/32 scram-sha-256\n');

  let server: ChildProcess | undefined;
  const log: string[] = [];
  const connect = async (database: string): Promise<Client> => {
    const ssl = options.tls === undefined ? false : { rejectUnauthorized: false };
    const client = new Client({ host: '127.0.0.1', port, user: 'admin', password, database, ssl });
    await client.connect();
    return client;
  };
  const query: Postgres['query'] = async (database, text, values = []) => {
    const client = await connect(database);
    try {
      return (await client.query(text, [...values])).rows;
    } finally {
      await client.end();
    }
  };
  const start = async (): Promise<void> => {
    const args = ['-D', data, '-h', '127.0.0.1', '-p', String(port), ...settings.flatMap((each) => ['-c', each])];
    const started = spawned('postgres', args);
    server = started;
    started.stderr?.on('data', (text: Buffer) => log.push(text.toString()));
    const end = Date.now() + START_MS;
    for (;;) {
      const up = await query('postgres', 'SELECT 1').then(
        () => true,
        () => false,
      );
      if (up) return;
      if (started.exitCode !== null || Date.now() > end) throw new Error(`PostgreSQL did not start:\n${log.join('')}`);
      await delay(50);
    }
  };
  // SIGQUIT ends it at once; it recovers at the next start, as after a power cut (PostgreSQL, 19.5).
  const stop = async (): Promise<void> => {
    const ending = server;
    server = undefined;
    if (ending === undefined || ending.exitCode !== null) return;
    ending.kill('SIGQUIT');
    const timer = setTimeout(() => ending.kill('SIGKILL'), STOP_MS);
    await once(ending, 'exit');
    clearTimeout(timer);
  };
  let databases = 0;
  await start();
  return {
    port,
    query,
    url: async () => {
      databases += 1;
      const name = `evidence${databases}`;
      await query('postgres', `CREATE ROLE ${name} LOGIN PASSWORD '${password}'`);
      await query('postgres', `CREATE DATABASE ${name} OWNER ${name}`);
      return `postgres://${name}:${password}@127.0.0.1:${port}/${name}`;
    },
    start,
    stop,
    [Symbol.asyncDispose]: async () => {
      await stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function ended(child: ChildProcess, name: string): Promise<void> {
  let text = '';
  child.stderr?.on('data', (part: Buffer) => (text += part.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`${name} failed:\n${text}`);
}
