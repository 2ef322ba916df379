import { execFile } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import type { EvidenceKind, EvidenceRecord } from '../../src/core/evidence/evidence-record.ts';
import { repositoryRoot } from '../../tools/cluster/profiles.ts';
import { achieves } from '../harness/achieves.ts';
import { verifies } from '../harness/verifies.ts';
import { changedConfig } from './harness/changed-config.ts';
import { approve, deniedRequest, EXEC_RULE, exec, request, scene, waitForState } from './harness/scene.ts';

const run = promisify(execFile);

/** A small file system of its own, so that it can be full. */
let ledger = '';
let folder = '';
let restore: () => Promise<void> = () => Promise.resolve();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-evidence-'));
  ledger = join(folder, 'ledger');
  await run('mkdir', [ledger]);
  await run('mount', ['-t', 'tmpfs', '-o', 'size=4m,mode=0700', 'tmpfs', ledger]);
  const keyFile = join(folder, 'ledger-key.pem');
  const key = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' });
  await writeFile(keyFile, key, { mode: 0o600 });
  restore = await changedConfig((config) => ({ ...config, audit: { ledger: { directory: ledger, keyFile } } }));
});

afterAll(async () => {
  await restore();
  await run('umount', [ledger]);
  await rm(folder, { recursive: true });
});

async function records(): Promise<readonly EvidenceRecord[]> {
  const names = (await readdir(ledger)).filter((name) => name.endsWith('.ndjson')).toSorted();
  const texts = await Promise.all(names.map((name) => readFile(join(ledger, name), 'utf8')));
  return texts.flatMap((text) => text.split('\n').slice(0, -1)).map((line) => JSON.parse(line) as EvidenceRecord);
}

type Of<Kind extends EvidenceKind> = Extract<EvidenceRecord, { kind: Kind }>['data'];

async function of<Kind extends EvidenceKind>(kind: Kind, reference: string): Promise<readonly Of<Kind>[]> {
  return (await records()).flatMap((record) =>
    record.kind === kind && 'request' in record.data && record.data.request === reference
      ? [record.data as Of<Kind>]
      : [],
  );
}

async function story(reference: string): Promise<readonly string[]> {
  return (await records()).flatMap((record) => {
    switch (record.kind) {
      case 'Request':
        return record.data.request === reference ? [`Request ${record.data.state}`] : [];
      case 'Vote':
        return record.data.request === reference
          ? [`Vote ${record.data.decision} of ${record.data.voter?.username}`]
          : [];
      case 'Use':
        return record.data.request === reference ? [`Use by ${record.data.username}`] : [];
      case 'Decision':
        return record.data.request === reference ? [`Decision ${record.data.verdict} ${record.data.code}`] : [];
      default:
        return [];
    }
  });
}

async function metric(name: string): Promise<number | undefined> {
  const text = await (await fetch(`http://127.0.0.1:${inject('e2e').place.healthPort}/metrics`)).text();
  const value = new RegExp(`^${name} (.*)$`, 'm').exec(text)?.[1];
  return value === undefined ? undefined : Number(value);
}

/** At once: these tests are not about waiting. */
const shells = (name: string) => scene(name, [EXEC_RULE], (spec) => ({ ...spec, wait: { connect: '0s' } }));

describe('the ledger', () => {
  test(`${verifies('R15')}holds what was asked, voted, approved, used and decided, each once, joined by the decision`, async () => {
    const { namespace, policy } = await shells('evidence');
    const asked = deniedRequest(await exec('alice', namespace, 'echo', 'hello'));
    const reference = `${asked.namespace}/${asked.name}`;
    await approve('bob', asked);
    expect((await exec('alice', namespace, 'echo', 'hello')).stdout).toBe('hello\n');
    await waitForState(asked.namespace, asked.name, 'Consumed');
    const stored = await request(asked.namespace, asked.name);
    await achieves('the last of it to be told', async () => {
      expect(await story(reference)).toContain('Request Consumed');
    });
    // kubectl asks twice, over WebSocket and over SPDY, where it is refused.
    expect(new Set(await story(reference))).toEqual(
      new Set([
        'Decision Asked ApprovalRequired',
        'Request Pending',
        'Vote Approve of bob',
        'Request Approved',
        'Decision Allowed Approved',
        'Use by alice',
        'Request Consumed',
      ]),
    );
    const [use] = await of('Use', reference);
    const allowed = (await of('Decision', reference)).filter(({ verdict }) => verdict === 'Allowed');
    expect(allowed).toMatchObject([
      { id: stored.status?.uses?.[0]?.decision, policies: [policy], resource: 'pods/exec' },
    ]);
    expect(use).toMatchObject({
      decision: allowed[0]?.id,
      requestUID: stored.metadata.uid,
      digest: stored.spec.digest,
    });
    const all = await records();
    // Forgeries of other tests may stand there: a ledger that is begun is told of what there is.
    const unsealed = all.filter(({ data }) => 'unsealed' in data && 'request' in data && data.request === reference);
    expect(unsealed).toEqual([]);
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
    expect(all.map(({ id }) => id)).toContain(`policy/${(stored.spec.policies ?? [])[0]?.uid}/1`);
  });

  test(`${verifies('README-ledger')}while it cannot be written nothing gated goes through, and no approval is spent; afterwards it does, and nothing is missing`, async () => {
    const { namespace } = await shells('full-disk');
    const first = deniedRequest(await exec('alice', namespace, 'echo', 'one'));
    await approve('bob', first);
    const filler = join(ledger, 'filler');
    await run('dd', ['if=/dev/zero', `of=${filler}`, 'bs=4096']).catch(() => undefined);
    // What was begun still has room: it is full once a record did not fit.
    const asked = await achieves('the disk to be full for the ledger', async () => {
      const result = deniedRequest(await exec('alice', namespace, 'echo', 'two'));
      expect(await metric('sallyport_decision_records_writable')).toBe(0);
      return result;
    });
    await approve('bob', asked);
    for (const word of ['one', 'two']) {
      const refused = await exec('alice', namespace, 'echo', word);
      expect(refused.stdout).toBe('');
      expect(refused.stderr).toMatch(/approval was not used.*NOT executed \[sallyport code=Unrecorded .*retry=true/);
    }
    for (const { name } of [first, asked])
      expect((await request(namespace, name)).status).toMatchObject({ state: 'Approved' });
    await rm(filler);
    for (const [word, { name }] of [
      ['one', first],
      ['two', asked],
    ] as const) {
      await achieves(`${word} to go through`, async () => {
        expect((await exec('alice', namespace, 'echo', word)).stdout).toBe(`${word}\n`);
      });
      await achieves('what was not written meanwhile to be there', async () => {
        expect(await story(`${namespace}/${name}`)).toEqual(
          expect.arrayContaining([
            'Request Pending',
            'Vote Approve of bob',
            'Request Approved',
            'Decision Denied Unrecorded',
            'Decision Allowed Approved',
            'Use by alice',
          ]),
        );
      });
    }
    const verify = [join(repositoryRoot(), 'src/bin/sallyport.ts'), 'audit', 'verify', ledger, '-o', 'json'];
    expect(JSON.parse((await run(process.execPath, verify)).stdout)).toMatchObject({ whole: true, findings: [] });
  });
});
