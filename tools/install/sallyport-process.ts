import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, open, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { logTail } from '../cluster/component-process.ts';
import { repositoryRoot } from '../cluster/profiles.ts';
import { waitUntil } from '../cluster/wait.ts';
import type { Clock } from '../../src/ports/clock.ts';
import { NODE_FLAGS, nodeEnvironment } from './node-options.ts';

/** One Sallyport process beside the cluster. Its folder holds the configuration, the pid and the log. */
export interface ProcessPlace {
  readonly directory: string;
  readonly healthPort: number;
}

/** Ready within 5 s; the limit is for a machine that is busy with other things. */
const START_TIMEOUT_MS = 180_000;
const STOP_TIMEOUT_MS = 45_000;

/** Starts it in the background and returns when it says that it is ready. */
export async function startSallyport(place: ProcessPlace, clock: Clock): Promise<void> {
  await stopSallyport(place, clock);
  await mkdir(place.directory, { recursive: true });
  const logFile = join(place.directory, 'sallyport.log');
  const log = await open(logFile, 'a');
  const program = join(repositoryRoot(), 'src/bin/sallyport.ts');
  const child = spawn(process.execPath, [...NODE_FLAGS, program, 'serve', '--config', configFile(place)], {
    env: { ...process.env, ...nodeEnvironment() },
    detached: true,
    stdio: ['ignore', log.fd, log.fd],
  });
  await log.close();
  let died = false;
  child.once('exit', () => {
    died = true;
  });
  child.unref();
  await writeFile(pidFile(place), `${child.pid ?? ''}\n`);
  const check = async () => {
    if (died) throw new Error(`Sallyport ended while it started:\n${await logTail(logFile)}`);
  };
  await waitUntil({ what: 'Sallyport to be ready', timeoutMs: START_TIMEOUT_MS, clock, check }, () => isReady(place));
}

/** SIGTERM, and wait until it has drained; nothing happens where it does not run. */
export async function stopSallyport(place: ProcessPlace, clock: Clock): Promise<void> {
  await endSallyport(place, clock, 'SIGTERM');
}

/** SIGKILL, as a crash would. */
export async function killSallyport(place: ProcessPlace, clock: Clock): Promise<void> {
  await endSallyport(place, clock, 'SIGKILL');
}

export function configFile(place: ProcessPlace): string {
  return join(place.directory, 'sallyport.yaml');
}

async function endSallyport(place: ProcessPlace, clock: Clock, signal: NodeJS.Signals): Promise<void> {
  const pid = await runningPid(place);
  if (pid === undefined) return;
  process.kill(pid, signal);
  await waitUntil(
    { what: 'Sallyport to end', timeoutMs: STOP_TIMEOUT_MS, clock },
    async () => (await runningPid(place)) === undefined,
  );
  await rm(pidFile(place), { force: true });
}

/** A pid may belong to somebody else by now: it is ours only while its command names our configuration. */
async function runningPid(place: ProcessPlace): Promise<number | undefined> {
  if (!existsSync(pidFile(place))) return undefined;
  const pid = Number((await readFile(pidFile(place), 'utf8')).trim());
  if (!Number.isInteger(pid) || pid <= 1) return undefined;
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return command.split('\0').includes(configFile(place)) ? pid : undefined;
}

function pidFile(place: ProcessPlace): string {
  return join(place.directory, 'sallyport.pid');
}

function isReady(place: ProcessPlace): Promise<boolean> {
  return new Promise((resolve) => {
    const call = request({ host: '127.0.0.1', port: place.healthPort, path: '/readyz', timeout: 2_000 }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    call.on('error', () => resolve(false));
    call.on('timeout', () => call.destroy());
    call.end();
  });
}
