import { beforeAll, expect, test } from 'vitest';
import { buildVote } from '../../src/core/approval/act.ts';
import { kubectl, must, sallyport } from './harness/kubectl.ts';
import { ask, cast, expectAccepted, expectRefused } from './harness/own-kinds.ts';
import { deniedRequest, request, scene, waitForState } from './harness/scene.ts';

/** admin is in system:masters and may impersonate anybody; bob is of group sre. */
const AS_BOB = ['--as=bob', '--as-group=sre'];

let namespace = '';
beforeAll(async () => {
  ({ namespace } = await scene('impersonation'));
}, 120_000);

test('[R23] a vote as bob that bob did not cast is refused, and says why', async () => {
  const asked = await ask(namespace, 'echo', 'vote');
  for (const decision of ['Approve', 'Deny'] as const) {
    const vote = buildVote(asked, 'bob', decision, undefined);
    const result = await kubectl('admin', ['create', '-f', '-', ...AS_BOB], { stdin: JSON.stringify(vote) });
    expectRefused(result, /credential-id.*impersonated.*identities\.impersonation/s);
  }
  expectAccepted({ ...(await cast('bob', asked, 'Approve')), stdout: '' });
  await waitForState(namespace, asked.metadata.name ?? '', 'Approved');
});

test('[R23] a request as alice that alice did not make says so, wherever it is shown', async () => {
  const result = await kubectl('admin', [
    'exec',
    '-n',
    namespace,
    'web-0',
    '--as=alice',
    '--as-group=developers',
    '--',
    'id',
  ]);
  expectRefused(result, /exec id \(impersonated\)/);
  const { name } = deniedRequest(result);
  expect((await request(namespace, name)).spec.requester).toMatchObject({ username: 'alice', impersonated: true });
  expect(await must('bob', ['get', 'approvals', '-n', namespace])).toContain('exec id (impersonated)');
  expect((await sallyport('bob', ['show', '-n', namespace, name])).stdout).toContain(
    'The requester was impersonated by somebody else.',
  );
  expect((await sallyport('bob', ['list', '-n', namespace])).stdout).toContain('alice (impersonated)');
});

test('a request that alice makes herself does not', async () => {
  const { spec } = await ask(namespace, 'echo', 'herself');
  expect(spec.requester).not.toHaveProperty('impersonated');
  expect(spec.summary?.action).toBe('exec echo herself');
});
