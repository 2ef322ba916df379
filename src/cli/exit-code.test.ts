import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { approvalPolicy } from '../../test/builders/approval-policy.ts';
import { execRequest } from '../../test/builders/exec-request.ts';
import { achieves } from '../../test/harness/achieves.ts';
import { CliHarness } from '../../test/harness/cli-harness.ts';
import { status, type StoredObject } from '../../test/harness/versioned-store.ts';
import { NOTHING_ASKS } from '../core/decision/written-refusals.ts';
import { EXIT, exitCodes } from './exit-code.ts';

let harness: CliHarness;
let folder = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'exit-code-'));
  harness = await new CliHarness().listen();
  harness.put(execRequest());
  const put = (collection: string, object: object) => harness.server.store.put(collection, object as StoredObject);
  put('/apis/sallyport.dev/v1alpha1/approvalpolicies', approvalPolicy({}, 'shells'));
  put('/api/v1/namespaces', { metadata: { name: 'prod', labels: { env: 'prod' } } });
  put('/api/v1/pods', { metadata: { name: 'web-0', namespace: 'prod' }, spec: { containers: [{ name: 'app' }] } });
});

afterEach(async () => {
  await harness[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

/** What ends with each. */
const ENDS: Readonly<Record<keyof typeof EXIT, () => Promise<{ readonly code: number }>>> = {
  ok: () => harness.run('show prod/exec-web-0'),
  failed: () => harness.run('approve prod/exec-web-0'),
  usage: () => harness.run('approve'),
  notFound: () => harness.run('show prod/none'),
  unreachable: () => {
    harness.server.script = () => ({ type: 'Reset' });
    return harness.run('list');
  },
  ended: () => {
    harness.put(execRequest({ status: { state: 'Denied' } }));
    return harness.run('wait prod/exec-web-0');
  },
  stillPending: () => {
    const [start, startedAt] = [harness.now(), Date.now()];
    harness.now = () => start + Date.now() - startedAt;
    return harness.run('wait prod/exec-web-0 --timeout 1s');
  },
  approvalNeeded: () => harness.run('can exec web-0 -n prod -- ls'),
  nothingNeeded: () => {
    const { script } = harness.server;
    const body = status(403, 'Forbidden', `admission webhook "w" denied the request: ${NOTHING_ASKS}`);
    harness.server.script = (request) =>
      request.method === 'POST' && request.path.endsWith('/approvalrequests')
        ? { type: 'Json', status: 403, body }
        : script(request);
    return harness.run('request -n prod -r why exec web-0 -- ls');
  },
  commandNotStarted: async () => {
    const file = join(folder, 'no-program');
    await writeFile(file, 'x');
    await chmod(file, 0o600);
    return await harness.run(['run', '--', file]);
  },
  commandNotFound: () => harness.run(['run', '--', join(folder, 'none')]),
  interrupted: async () => {
    const waiting = harness.run('wait prod/exec-web-0');
    await achieves('a watch', async () => expect(harness.server.watches).toBe(1));
    harness.interrupt('SIGINT');
    return await waiting;
  },
};

describe('exit codes', () => {
  it.each(Object.entries(ENDS))('%s', async (name, end) => {
    expect((await end()).code).toBe(EXIT[name as keyof typeof EXIT]);
  });

  it('stand in the help, with what they mean', async () => {
    const { out } = await harness.run('--help');
    for (const [code, meaning] of exitCodes())
      expect(out).toMatch(new RegExp(`^ +${code} +${meaning.replaceAll('`', '').replaceAll(/[.()-]/g, '.')}$`, 'm'));
  });
});
