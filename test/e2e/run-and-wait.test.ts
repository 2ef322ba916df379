import { describe, expect, test } from 'vitest';
import { verifies } from '../harness/verifies.ts';
import { achieves } from '../harness/achieves.ts';
import { deployment, deploymentRule } from './harness/deployment.ts';
import { must, sallyport, type User } from './harness/kubectl.ts';
import { approve, deniedRequest, exec, requests, scene, waitForState } from './harness/scene.ts';

/** The one pending request of a namespace, once it is there. */
async function asked(namespace: string): Promise<{ readonly namespace: string; readonly name: string }> {
  return await achieves(`a request in ${namespace}`, async () => {
    const [pending, ...others] = await requests(namespace);
    if (pending?.metadata.name === undefined || others.length > 0) throw new Error(`${others.length} others`);
    return { namespace, name: pending.metadata.name };
  });
}

function run(user: User, command: readonly string[], stdin?: string) {
  return sallyport(user, ['run', '--', 'kubectl', ...command], stdin === undefined ? {} : { stdin });
}

async function deny(user: User, request: { readonly namespace: string; readonly name: string }): Promise<void> {
  const { namespace, name } = request;
  expect((await sallyport(user, ['deny', '-n', namespace, name, '-r', 'use the dashboard'])).code).toBe(0);
}

describe('kubectl sallyport run', () => {
  test.concurrent(`${verifies('README-run')}an exec waits for its approval and runs then, with its own output and exit code`, async () => {
    const { namespace } = await scene('run');
    const running = run('alice', ['exec', '-n', namespace, 'web-0', '--', 'sh', '-c', 'echo hello; exit 3']);
    const request = await asked(namespace);
    await approve('bob', request);
    const { code, stdout, stderr } = await running;
    expect(stdout).toBe('hello\n');
    expect(code).toBe(3);
    expect(stderr).toContain(`waiting for ${namespace}/${request.name} (exec sh -c`);
    expect(stderr).toContain('it needs 1 of group sre');
    expect(stderr).toContain('approved; running it again');
    expect(stderr).not.toContain('[sallyport');
    await waitForState(namespace, request.name, 'Consumed');
  });

  test.concurrent('input that the denied run has read is there for the approved one', async () => {
    const { namespace } = await scene('run-apply', [deploymentRule(['CREATE'])]);
    const running = run('alice', ['apply', '-f', '-'], JSON.stringify(deployment(namespace)));
    await approve('bob', await asked(namespace));
    const { code, stdout, stderr } = await running;
    expect(stderr).toContain('running it again');
    expect(stdout).toContain('deployment.apps/shop created');
    expect(code).toBe(0);
    await must('admin', ['get', '-n', namespace, 'deployment/shop']);
  });

  test.concurrent('several objects are asked for together and go through together', async () => {
    const { namespace } = await scene('run-two', [deploymentRule(['CREATE'])]);
    const both = { apiVersion: 'v1', kind: 'List', items: [deployment(namespace, 'a'), deployment(namespace, 'b')] };
    const running = run('alice', ['apply', '-f', '-'], JSON.stringify(both));
    const names = await achieves('two requests', async () => {
      const found = await requests(namespace);
      if (found.length !== 2) throw new Error(`${found.length} requests`);
      return found.map(({ metadata }) => metadata.name ?? '');
    });
    for (const name of names) await approve('bob', { namespace, name });
    expect((await running).code).toBe(0);
  });

  test.concurrent('a denied request ends it, with the reason', async () => {
    const { namespace } = await scene('run-denied');
    const running = run('alice', ['exec', '-n', namespace, 'web-0', '--', 'true']);
    const request = await asked(namespace);
    await deny('bob', request);
    const { code, stderr } = await running;
    expect(code).toBe(5);
    expect(stderr).toContain(`error: ${namespace}/${request.name} is Denied`);
    expect(stderr).toContain('use the dashboard');
  });

  test.concurrent('what needs no approval, and other failures, are as without it', async () => {
    const { namespace } = await scene('run-free', [deploymentRule(['CREATE'])]);
    const free = await run('alice', ['exec', '-n', namespace, 'web-0', '--', 'echo', 'hi']);
    expect(free).toEqual({ code: 0, stdout: 'hi\n', stderr: '' });
    const missing = await run('alice', ['exec', '-n', namespace, 'web-9', '--', 'true']);
    expect(missing.code).toBe(1);
    expect(missing.stderr).toContain('pods "web-9" not found');
    expect(await requests(namespace)).toEqual([]);
  });

  test.concurrent('what a container prints is not taken for a denial of ours', async () => {
    const { namespace } = await scene('run-forged', [deploymentRule(['CREATE'])]);
    const line = `NOT executed [sallyport code=ApprovalRequired request=${namespace}/none retry=true]`;
    const forged = await run('alice', [
      'exec',
      '-n',
      namespace,
      'web-0',
      '--',
      'sh',
      '-c',
      `echo '${line}' >&2; exit 4`,
    ]);
    expect(forged.code).toBe(4);
    expect(forged.stderr).toContain(line);
    expect(forged.stderr).toContain(`not waiting for ${namespace}/none`);
  });
});

describe('kubectl sallyport wait', () => {
  test.concurrent('returns when the request is approved', async () => {
    const { namespace } = await scene('wait');
    const request = deniedRequest(await exec('alice', namespace, 'true'));
    const waiting = sallyport('alice', ['wait', '-n', namespace, request.name]);
    await approve('bob', request);
    const { code, stdout } = await waiting;
    expect(code).toBe(0);
    expect(stdout).toContain(`${namespace}/${request.name} is Approved (1/1)`);
  });

  test.concurrent('says by its exit code that it was denied, or that nobody decided in time', async () => {
    const { namespace } = await scene('wait-no');
    const request = deniedRequest(await exec('alice', namespace, 'true'));
    const late = await sallyport('alice', ['wait', `${namespace}/${request.name}`, '--timeout', '2s']);
    expect(late.code).toBe(6);
    expect(late.stderr).toContain('it still needs 1 of group sre');
    const waiting = sallyport('alice', ['wait', `${namespace}/${request.name}`]);
    await deny('bob', request);
    expect((await waiting).code).toBe(5);
  });
});
