import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { repositoryRoot } from '../../tools/cluster/profiles.ts';
import { achieves } from '../harness/achieves.ts';
import { json, must, mustApply } from './harness/kubectl.ts';
import { approve, deniedRequest, exec, request, requests, scene, waitForState } from './harness/scene.ts';

test.concurrent('`kubectl get approvals` reads like `kubectl get csr`, and finds by requester and state', async () => {
  const { namespace } = await scene('columns');
  const { name } = deniedRequest(await exec('alice', namespace, 'cat', '/etc/hosts'));
  await waitForState(namespace, name, 'Pending');
  const table = await must('alice', ['get', 'approvals', '-n', namespace]);
  expect(table).toMatch(/^NAME +REQUESTER +ACTION +TARGET +APPROVALS +STATE +EXPIRES +AGE\n/);
  expect(table).toMatch(
    /^exec-web-0-[0-9a-f]{8} +alice +exec cat \/etc\/hosts +pods\/web-0 \(app\) +0\/1 +Pending +\d{4}-\S+Z +\d+s\n$/m,
  );
  for (const shortName of ['approval', 'apr'])
    expect(await must('alice', ['get', shortName, '-n', namespace, '-o', 'name'])).toContain(name);

  const select = (selector: string) =>
    must('alice', ['get', 'approvals', '-n', namespace, '-o', 'name', '--field-selector', selector]);
  expect(await select('status.state=Pending,spec.requester.username=alice')).toContain(name);
  expect(await select('status.state=Approved')).toBe('');
  expect(await select('spec.requester.username=bob')).toBe('');
});

test.concurrent('the example policy applies as it stands and is enforced', async () => {
  await must('admin', ['apply', '-f', join(repositoryRoot(), 'examples/approval-policy.yaml')]);
  await must('admin', ['wait', '--for=condition=Enforced', '--timeout=20s', 'approvalpolicy/production-exec']);
  expect(await must('admin', ['get', 'apol'])).toMatch(/^NAME +MODE +READY +ENFORCED +AGE\n/);
  await must('admin', ['delete', '-f', join(repositoryRoot(), 'examples/approval-policy.yaml')]);
});

test.concurrent('a vote says who cast it, goes with its request, and the request keeps it', async () => {
  const { namespace } = await scene('votes');
  const denied = deniedRequest(await exec('alice', namespace, 'true'));
  await approve('bob', denied);
  const stored = await request(namespace, denied.name);
  expect(stored.status?.votes).toMatchObject([
    { username: 'bob', person: 'bob', decision: 'Approve', via: 'Kubernetes' },
  ]);
  const { items } = await json<{ items: { spec: object; metadata: { ownerReferences?: object[] } }[] }>('admin', [
    'get',
    'apv',
    '-n',
    namespace,
  ]);
  expect(items).toMatchObject([
    {
      spec: {
        request: denied.name,
        requestUID: stored.metadata.uid,
        voter: { username: 'bob', groups: ['sre', 'system:authenticated'] },
      },
      metadata: { ownerReferences: [{ kind: 'ApprovalRequest', uid: stored.metadata.uid }] },
    },
  ]);
});

interface AuditEvent {
  readonly annotations?: Readonly<Record<string, string>>;
}

test.concurrent('the decision id stands in the audit event, of the denial and of the use', async () => {
  const { namespace } = await scene('audited');
  const denied = deniedRequest(await exec('alice', namespace, 'true'));
  await approve('bob', denied);
  await exec('alice', namespace, 'true');
  const [stored] = await requests(namespace);
  const used = stored?.status?.uses?.[0]?.decision ?? 'none';

  const decisions = await achieves('the audit events', async () => {
    const log = await readFile(inject('e2e').auditLog ?? '', 'utf8');
    const events = log
      .split('\n')
      .filter((line) => line.includes(denied.name))
      .map((line) => JSON.parse(line) as AuditEvent);
    const found = events.flatMap(({ annotations }) =>
      Object.entries(annotations ?? {}).filter(([key]) => key.endsWith('.gate.sallyport.dev/decision')),
    );
    expect(found.map(([, id]) => id)).toContain(used);
    return new Set(found.map(([, id]) => id));
  });
  // The denial over WebSocket, its SPDY fallback, and the use.
  expect(decisions.size).toBe(3);
});

test.concurrent('a Secret that is asked for shows no value of its own, to nobody', async () => {
  const { namespace } = await scene('secret', [
    { apiGroups: [''], apiVersions: ['*'], operations: ['CREATE', 'UPDATE'], resources: ['secrets'] },
  ]);
  const secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'db', namespace },
    stringData: { password: 'hunter2-hunter2' },
  };
  await expect(mustApply('alice', secret)).rejects.toThrow('needs 1 of group sre');
  const stored = JSON.stringify(await requests(namespace));
  expect(stored).toContain('hmac-sha256:');
  expect(stored).not.toContain('hunter2');
  expect(stored).not.toContain(Buffer.from('hunter2-hunter2').toString('base64'));
  await approve('bob', { namespace, name: (await requests(namespace))[0]?.metadata.name ?? '' });
  await mustApply('alice', secret);
});
