import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AuditEvent } from '../../src/core/evidence/audit-event.ts';
import type { AuditMode, AuditReceiverFiles } from '../../tools/cluster/audit-webhook.ts';
import { achieves } from '../harness/achieves.ts';
import { type RunningReceiver, startReceiver } from '../harness/audit-receiver.ts';
import { type ControlPlane, startControlPlane } from '../harness/control-plane.ts';
import { readLedger, timesEach } from '../harness/ledger-files.ts';
import { amount } from '../proof/size.ts';

const RECEIVER_PORT = 18_985;
/** With each stage, which blocking-strict stands on. */
const POLICY = `
apiVersion: audit.k8s.io/v1
kind: Policy
rules:
- {level: Metadata, verbs: [get, create], resources: [{group: "", resources: [configmaps]}]}
- {level: None}
`;

/** F16: a minute at the defaults (10 s, 30 s) in `make proof`, and otherwise as much of a seventh of them. */
const OUTAGE_SECONDS = amount('SALLYPORT_PROOF_OUTAGE_SECONDS', { short: 8, long: 60 });
const BACKOFF_MS = Math.min(10_000, Math.round((OUTAGE_SECONDS / 60) * 10_000));
/** One action of a person so often. */
const ASK_MS = 110;

/** A control plane in this mode for the tests of a `describe`, with a receiver that can be taken away. */
function apiServer(mode: AuditMode, portBase: number, flags: readonly string[]) {
  let directory: string;
  let plane: ControlPlane;
  let receiver: RunningReceiver | undefined;
  let files: AuditReceiverFiles;

  async function up(): Promise<void> {
    receiver = await startReceiver(directory, {
      host: '127.0.0.1',
      port: RECEIVER_PORT,
      certificate: await readFile(files.certificateFile, 'utf8'),
      key: await readFile(files.keyFile, 'utf8'),
      clientAuthority: await readFile(files.clientAuthority, 'utf8'),
      clientName: files.clientName,
    });
  }

  async function down(): Promise<void> {
    await receiver?.[Symbol.asyncDispose]();
    receiver = undefined;
  }

  /** Code of a GET of a ConfigMap that is not there: one request with events of its own. */
  const ask = (name: string): Promise<number> =>
    plane.admin.get(`/api/v1/namespaces/default/configmaps/${name}`).then(
      () => 200,
      (error: { readonly status?: number; readonly code?: unknown }) => error.status ?? Number(error.code),
    );

  async function eventsOf(mark: string): Promise<readonly AuditEvent[]> {
    const records = await readLedger(directory);
    return records.flatMap((record) =>
      record.kind === 'AuditEvent' && record.data.requestURI.includes(mark) ? [record.data] : [],
    );
  }

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'audit-modes-'));
    plane = await startControlPlane(portBase, {
      port: RECEIVER_PORT,
      mode,
      flags,
      policy: POLICY,
      beforeStart: async (made) => {
        files = made;
        if (mode !== 'batch') await up();
      },
    });
    if (receiver === undefined) await up();
  });

  afterAll(async () => {
    await down();
    await plane[Symbol.asyncDispose]();
    await rm(directory, { recursive: true, force: true });
  });

  return { ask, eventsOf, up, down };
}

const names = (mark: string, count: number): readonly string[] =>
  Array.from({ length: count }, (_, number) => `${mark}-${number}-`);

describe('a real API server in mode batch', () => {
  const server = apiServer('batch', 18_960, [
    `--audit-webhook-initial-backoff=${BACKOFF_MS}ms`,
    '--audit-webhook-batch-max-wait=500ms',
  ]);

  test(
    `[F16] of an outage of ${OUTAGE_SECONDS} s nothing is lost, and nothing doubled`,
    async () => {
      const meanwhile = Math.ceil((OUTAGE_SECONDS * 1_000) / ASK_MS);
      const asked = names('outage', meanwhile + 20);
      for (const name of asked.slice(0, 10)) await server.ask(name);
      await server.down();
      for (const name of asked.slice(10, 10 + meanwhile)) {
        await server.ask(name);
        await new Promise((resolve) => setTimeout(resolve, ASK_MS));
      }
      await server.up();
      for (const name of asked.slice(10 + meanwhile)) await server.ask(name);
      await achieves(
        'each event to be in the ledger',
        async () => {
          const found = (await server.eventsOf('outage-')).map(
            ({ requestURI, stage }) => `${requestURI.split('/').at(-1) ?? ''} ${stage}`,
          );
          const wanted = asked.flatMap((name) => [`${name} RequestReceived`, `${name} ResponseComplete`]);
          expect(timesEach(wanted, found)).toEqual({ lost: 0, once: wanted.length, doubled: 0 });
        },
        // The last of its pauses is 3.4 times the first.
        30_000 + 5 * BACKOFF_MS,
      );
    },
    OUTAGE_SECONDS * 3_000 + 120_000,
  );
});

describe('a real API server in mode blocking', () => {
  const server = apiServer('blocking', 18_975, ['--audit-webhook-initial-backoff=200ms']);

  test('an answer comes when its first event is on the disk already, and without the receiver requests go on', async () => {
    for (const name of names('blocking', 20)) {
      await server.ask(name);
      const stages = (await server.eventsOf(name)).map(({ stage }) => stage);
      expect(stages).toContain('RequestReceived');
    }
    await server.down();
    // The event is lost, and the request goes on: what docs/audit.md says of this mode.
    expect(await server.ask('unkept')).toBe(404);
    await server.up();
    await achieves('the next to be kept', async () => {
      await server.ask('kept');
      expect((await server.eventsOf('/kept')).length).toBeGreaterThan(0);
    });
    expect((await server.eventsOf('unkept')).length).toBe(0);
  });
});

describe('a real API server in mode blocking-strict', () => {
  // A request waits for all five attempts: 81 s at the default.
  const server = apiServer('blocking-strict', 18_980, ['--audit-webhook-initial-backoff=200ms']);

  test('an answer comes when its first event is on the disk already', async () => {
    for (const name of names('strict', 20)) {
      await server.ask(name);
      const stages = (await server.eventsOf(name)).map(({ stage }) => stage);
      expect(stages).toContain('RequestReceived');
    }
  });

  test('without the receiver nothing is done, and then it goes on by itself', async () => {
    await server.down();
    expect(await server.ask('gone')).toBe(500);
    await server.up();
    await achieves('the API server to answer again', async () => expect(await server.ask('back')).toBe(404));
    expect((await server.eventsOf('gone')).length).toBe(0);
  });
});
