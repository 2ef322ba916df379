import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ensureS3Server } from '../../tools/s3/s3-server.ts';
import { systemClock } from '../../src/platform/clock/system-clock.ts';
import { freePort } from './free-ports.ts';

const START_MS = 60_000;

/** A real S3 server on the loopback address, with one empty bucket. */
export interface S3Server extends AsyncDisposable {
  readonly endpoint: string;
  readonly bucket: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** What is in the bucket, from its disk: by key. */
  objects(): Promise<ReadonlyMap<string, Buffer>>;
}

export async function startS3Server(): Promise<S3Server> {
  const log = (line: string): void => console.error(line);
  const program = await ensureS3Server({ clock: systemClock, log, env: process.env });
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-s3-'));
  const [bucket, data, side] = ['evidence', join(folder, 'data'), join(folder, 'metadata')];
  await mkdir(join(data, bucket), { recursive: true });
  await mkdir(side);
  const port = await freePort();
  const credentials = { accessKeyId: 'sallyport', secretAccessKey: 'only-for-tests' };
  const child = spawn(program, ['--port', `127.0.0.1:${port}`, '--quiet', 'posix', '--sidecar', side, data], {
    env: { ROOT_ACCESS_KEY_ID: credentials.accessKeyId, ROOT_SECRET_ACCESS_KEY: credentials.secretAccessKey },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const told: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text: Buffer) => told.push(text.toString()));
  const endpoint = `http://127.0.0.1:${port}`;
  const end = Date.now() + START_MS;
  // Whoever does not sign is refused: then it is there.
  while ((await fetch(endpoint).catch(() => undefined))?.status !== 403) {
    if (child.exitCode !== null || Date.now() > end) throw new Error(`the S3 server did not start:\n${told.join('')}`);
    await delay(50);
  }
  return {
    endpoint,
    bucket,
    credentials,
    objects: async () => {
      const root = join(data, bucket);
      const entries = await readdir(root, { recursive: true, withFileTypes: true });
      const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
      return new Map(
        await Promise.all(files.map(async (file) => [relative(root, file), await readFile(file)] as const)),
      );
    },
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode === null) {
        child.kill('SIGTERM');
        const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
        await once(child, 'exit');
        clearTimeout(timer);
      }
      await rm(folder, { recursive: true, force: true });
    },
  };
}
