import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { findProgram } from '../../tools/cluster/packages.ts';
import { repositoryRoot } from '../../tools/cluster/profiles.ts';
import { run } from '../../tools/cluster/run.ts';
import { libraryPath, unpackPackages } from '../../tools/debian/unpack.ts';
import { freePort } from './free-ports.ts';
import type { Tls } from './scripted-api-server.ts';

/** As Debian names it in its folders. */
const MACHINE = process.arch === 'arm64' ? 'aarch64' : 'x86_64';

const MODULES = `usr/lib/${MACHINE}-linux-gnu/rsyslog`;

const START_MS = 20_000;

/** What rsyslog understood of a message. */
export interface SyslogEntry {
  readonly priority: string;
  readonly time: string;
  readonly host: string;
  readonly app: string;
  readonly messageId: string;
  readonly data: string;
  readonly text: string;
}

export interface Rsyslog extends AsyncDisposable {
  readonly port: number;
  entries(): Promise<readonly SyslogEntry[]>;
}

/** The machine's rsyslog, or Debian's unpacked into `.local`, as a receiver of syslog over TLS for clients of this authority. */
export async function startRsyslog(tls: Tls): Promise<Rsyslog> {
  const { program, modules, env } = await findRsyslog();
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-rsyslog-'));
  const port = await freePort();
  const output = join(folder, 'received');
  await writeFile(join(folder, 'ca.pem'), tls.ca);
  await writeFile(join(folder, 'cert.pem'), tls.cert);
  await writeFile(join(folder, 'key.pem'), tls.key, { mode: 0o600 });
  await writeFile(join(folder, 'rsyslog.conf'), configuration(folder, port, output));
  const files = ['-n', '-M', modules, '-f', join(folder, 'rsyslog.conf'), '-i', join(folder, 'pid')];
  const child = spawn(program, files, { env, stdio: ['ignore', 'inherit', 'inherit'] });
  await listens(port);
  return {
    port,
    entries: async () => {
      const text = await readFile(output, 'utf8').catch(() => '');
      return text
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line) as SyslogEntry);
    },
    [Symbol.asyncDispose]: async () => {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
      await rm(folder, { recursive: true });
    },
  };
}

interface Rsyslogd {
  readonly program: string;
  /** Folder of its modules. */
  readonly modules: string;
  readonly env: NodeJS.ProcessEnv;
}

/** Never installed: its package would start a second system log, now and at each boot. */
async function findRsyslog(): Promise<Rsyslogd> {
  const { env } = process;
  const [program, tls] = await Promise.all([
    findProgram('rsyslogd', env),
    findProgram(join('/', MODULES, 'lmnsd_ossl.so'), env),
  ]);
  if (program !== undefined && tls !== undefined) return { program, modules: join('/', MODULES), env };
  const root = await unpackPackages(
    {
      name: 'rsyslog',
      packages: ['rsyslog', 'rsyslog-openssl'],
      who: 'the syslog test needs',
      otherwise: 'Run it in a container of Debian.',
    },
    {
      folder: join(repositoryRoot(), '.local/debian'),
      log: (line) => console.error(line),
      env,
      run,
      find: findProgram,
    },
  );
  return {
    program: join(root, 'usr/sbin/rsyslogd'),
    modules: join(root, MODULES),
    env: { ...env, LD_LIBRARY_PATH: libraryPath(root) },
  };
}

function configuration(folder: string, port: number, output: string): string {
  const fields = {
    priority: 'pri',
    time: 'timereported',
    host: 'hostname',
    app: 'app-name',
    messageId: 'msgid',
    data: 'structured-data',
    text: 'msg',
  };
  const parts = Object.entries(fields).map(([name, property], index) => {
    const date = property === 'timereported' ? ' dateFormat="rfc3339"' : '';
    return `constant(value="${index === 0 ? '{' : ','}\\"${name}\\":\\"") property(name="${property}"${date} format="json") constant(value="\\"")`;
  });
  return `
global(workDirectory="${folder}" maxMessageSize="256k" defaultNetstreamDriver="ossl"
  defaultNetstreamDriverCAFile="${folder}/ca.pem" defaultNetstreamDriverCertFile="${folder}/cert.pem"
  defaultNetstreamDriverKeyFile="${folder}/key.pem")
module(load="imtcp" streamDriver.name="ossl" streamDriver.mode="1" streamDriver.authMode="x509/certvalid")
template(name="fields" type="list") { ${parts.join(' ')} constant(value="}\\n") }
ruleset(name="kept") { action(type="omfile" file="${output}" template="fields" asyncWriting="off") }
input(type="imtcp" port="${port}" address="127.0.0.1" ruleset="kept")
`;
}

async function listens(port: number): Promise<void> {
  const end = Date.now() + START_MS;
  for (;;) {
    const socket = connect(port, '127.0.0.1');
    const open = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (open) return;
    if (Date.now() > end) throw new Error('rsyslog does not listen');
    await delay(100);
  }
}
