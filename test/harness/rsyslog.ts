import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ensurePackages, findProgram, type Need } from '../../tools/cluster/packages.ts';
import { run } from '../../tools/cluster/run.ts';
import { freePort } from './free-ports.ts';
import type { Tls } from './scripted-api-server.ts';

/** As Debian names it in its folders. */
const MACHINE = process.arch === 'arm64' ? 'aarch64' : 'x86_64';

const NEEDS: readonly Need[] = [
  { file: 'rsyslogd', package: 'rsyslog' },
  { file: `/usr/lib/${MACHINE}-linux-gnu/rsyslog/lmnsd_ossl.so`, package: 'rsyslog-openssl' },
];

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

/** rsyslog from Debian, installed where it is missing, as a receiver of syslog over TLS for clients of this authority. */
export async function startRsyslog(tls: Tls): Promise<Rsyslog> {
  const isRoot = process.getuid?.() === 0;
  const log = (line: string): void => console.error(line);
  await ensurePackages({ log, env: process.env, run, isRoot, find: findProgram }, NEEDS, 'the syslog test needs');
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-rsyslog-'));
  const port = await freePort();
  const output = join(folder, 'received');
  await writeFile(join(folder, 'ca.pem'), tls.ca);
  await writeFile(join(folder, 'cert.pem'), tls.cert);
  await writeFile(join(folder, 'key.pem'), tls.key, { mode: 0o600 });
  await writeFile(join(folder, 'rsyslog.conf'), configuration(folder, port, output));
  const program = (await findProgram('rsyslogd', process.env)) ?? 'rsyslogd';
  const files = ['-n', '-f', join(folder, 'rsyslog.conf'), '-i', join(folder, 'pid')];
  const child = spawn(program, files, { stdio: ['ignore', 'inherit', 'inherit'] });
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
