import { describe, expect, test } from 'vitest';
import type { RecordList, RecordObject } from '../../src/core/evidence/record-object.ts';
import { achieves } from '../harness/achieves.ts';
import { json, kubectl } from './harness/kubectl.ts';
import { approve, deniedRequest, EXEC_RULE, exec, scene, waitForState } from './harness/scene.ts';

/** At once: these tests are not about waiting. */
const shells = (name: string) => scene(name, [EXEC_RULE], (spec) => ({ ...spec, wait: { connect: '0s' } }));

async function recordsOf(namespace: string, ...selectors: readonly string[]): Promise<readonly RecordObject[]> {
  const { items } = await json<RecordList>('bob', [
    'get',
    'records',
    '-n',
    namespace,
    '--field-selector',
    selectors.join(','),
  ]);
  return items;
}

describe('kubectl reads the evidence', () => {
  test('who was denied, approved, let through, and what the API server says of it; in the namespaces that one may read', async () => {
    const { namespace } = await shells('search');
    const asked = deniedRequest(await exec('alice', namespace, 'echo', 'hello'));
    const reference = `${asked.namespace}/${asked.name}`;
    await approve('bob', asked);
    expect((await exec('alice', namespace, 'echo', 'hello')).stdout).toBe('hello\n');
    await waitForState(asked.namespace, asked.name, 'Consumed');

    const about = await achieves('all of it to be found', async () => {
      const found = await recordsOf(namespace, `request=${reference}`);
      expect(found.map(({ entry }) => `${entry.kind} ${entry.outcome}`)).toEqual(
        expect.arrayContaining([
          'Decision Asked',
          'Request Pending',
          'Vote Approve',
          'Request Approved',
          'Decision Allowed',
          'Use Used',
          'Request Consumed',
        ]),
      );
      return found;
    });
    const decision = about.find(({ entry }) => entry.kind === 'Use')?.entry.decision ?? '';
    await achieves('the event of the API server to be found by the decision', async () => {
      const joined = await recordsOf(namespace, `decision=${decision}`);
      expect(joined.map(({ entry }) => entry.kind)).toEqual(expect.arrayContaining(['AuditEvent', 'Use', 'Decision']));
      expect(joined.find(({ entry }) => entry.kind === 'AuditEvent')?.entry).toMatchObject({
        user: 'alice',
        resource: 'pods/exec',
        name: 'web-0',
        outcome: '101',
      });
    });

    const table = await kubectl('bob', ['get', 'records', '-n', namespace]);
    expect(table.stdout).toMatch(/^AT +KIND +USER +VERB +OBJECT +OUTCOME +REQUEST\n/);
    expect(table.stdout).toMatch(new RegExp(`Decision +alice +connect +pods/exec web-0 +Allowed +${reference}\n`));
    expect(table.stdout).toMatch(new RegExp(`Vote +bob +approve +Approve +${reference}\n`));
    expect(table.stderr).toContain('Warning: records of the last 24 h');

    const [one] = about;
    const name = one?.metadata.name ?? '';
    expect(await json<RecordObject>('bob', ['get', `record/${name}`, '-n', namespace])).toEqual(one);
    const explained = await kubectl('bob', ['explain', 'records.entry']);
    expect(explained.stdout).toContain('By what the record is found.');

    // alice has no right to read records; bob's in another namespace show nothing of this one.
    const refused = await kubectl('alice', ['get', 'records', '-n', namespace]);
    expect(refused).toMatchObject({ stdout: '' });
    expect(refused.stderr).toContain('records.evidence.sallyport.dev is forbidden: User "alice" cannot list');
    expect((await kubectl('alice', ['get', `record/${name}`, '-n', namespace])).stderr).toContain('forbidden');
    expect(await recordsOf('kube-system', `request=${reference}`)).toEqual([]);
  });
});
