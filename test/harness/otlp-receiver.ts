import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { systemClock } from '../../src/platform/clock/system-clock.ts';
import { ensureOtlpReceiver } from '../../tools/otlp/binary.ts';
import { eventually } from './eventually.ts';
import type { Tls } from './scripted-api-server.ts';

/** A log record as the Collector's types decoded it. */
export interface OtlpLog {
  readonly resource: Readonly<Record<string, unknown>>;
  readonly scope: string;
  readonly event: string;
  /** Nanoseconds since the epoch, beyond what a number holds exactly. */
  readonly time: number;
  readonly observed: number;
  readonly severity: number;
  readonly severityText: string;
  readonly body: unknown;
  readonly attributes: Readonly<Record<string, unknown>>;
}

export interface OtlpReceiver extends AsyncDisposable {
  readonly port: number;
  readonly logs: OtlpLog[];
}

const START_MS = 20_000;

/** A real receiver, in a process of its own. */
export async function startOtlpReceiver(tls: Tls): Promise<OtlpReceiver> {
  const program = await ensureOtlpReceiver({
    clock: systemClock,
    log: (line) => console.error(line),
    env: process.env,
  });
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-otlp-'));
  const files = [join(folder, 'tls.crt'), join(folder, 'tls.key')] as const;
  await writeFile(files[0], tls.cert);
  await writeFile(files[1], tls.key, { mode: 0o600 });
  const child = spawn(program, files, { stdio: ['ignore', 'pipe', 'inherit'] });
  const logs: OtlpLog[] = [];
  let port = 0;
  createInterface({ input: child.stdout }).on('line', (line) => {
    const listening = /^listening (\d+)$/.exec(line);
    if (listening !== null) port = Number(listening[1]);
    else logs.push(JSON.parse(line) as OtlpLog);
  });
  await eventually(() => port > 0, 'the OTLP receiver listens', START_MS);
  return {
    port,
    logs,
    [Symbol.asyncDispose]: async () => {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
      await rm(folder, { recursive: true });
    },
  };
}
