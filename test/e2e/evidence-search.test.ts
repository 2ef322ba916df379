import { describe, expect, test } from 'vitest';
import type { RecordList, RecordObject } from '../../src/core/evidence/record-object.ts';
import { achieves } from '../harness/achieves.ts';
import { verifies } from '../harness/verifies.ts';
import { json, kubectl, sallyport } from './harness/kubectl.ts';
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

  test(`${verifies('README-audit')}kubectl sallyport audit: a search, one request from the ask to the event of the API server, and what is new within seconds`, async () => {
    const { namespace } = await shells('audit-verb');
    // Followed from before anything happened; ended when the use was seen.
    const ended = Promise.withResolvers<void>();
    const following = sallyport('bob', ['audit', '-n', namespace, '--follow', '-o', 'json'], { until: ended.promise });
    const asked = deniedRequest(await exec('alice', namespace, 'echo', 'hello'));
    await approve('bob', asked);
    expect((await exec('alice', namespace, 'echo', 'hello')).code).toBe(0);
    await waitForState(asked.namespace, asked.name, 'Consumed');
    const reference = `${asked.namespace}/${asked.name}`;

    const timeline = await achieves('the event of the API server to be in the timeline', async () => {
      const { stdout } = await sallyport('bob', ['audit', reference]);
      expect(stdout).toContain('API server 101 began');
      expect(stdout).toContain('request Consumed');
      return stdout;
    });
    const words = timeline.split('\n').map((line) => line.split(/ {3,}/).slice(1, 3).join(' '));
    const order = ['asked alice', 'vote Approve bob', 'allowed alice', 'API server 101 began alice'];
    expect(words.filter((word) => order.includes(word)).filter((word, at, all) => all.indexOf(word) === at)).toEqual(
      order,
    );
    expect(timeline).toContain('approval used');
    const [, decision] = /allowed +alice .* ([0-9a-f]{8})\n/.exec(timeline) ?? [];
    expect(timeline.split('\n').filter((line) => line.endsWith(` ${decision}`)).length).toBeGreaterThanOrEqual(3);

    const byPerson = await sallyport('bob', ['audit', '-n', namespace, '--person', 'alice', '--outcome', 'Allowed']);
    expect(byPerson.stdout).toMatch(new RegExp(`Decision +alice +connect +pods/exec web-0 +Allowed +${reference}`));
    const byObject = await sallyport('bob', ['audit', '-n', namespace, '--object', 'pods/exec/web-0', '-o', 'name']);
    expect(byObject.stdout).toMatch(/^record\.evidence\.sallyport\.dev\/\w+-\d+-\w{8}\n/);

    ended.resolve();
    const followed = (await following).stdout.split('\n').slice(0, -1);
    const seen = followed
      .map((line) => JSON.parse(line) as RecordObject)
      .map(({ entry }) => `${entry.kind} ${entry.outcome}`);
    expect(seen).toEqual(expect.arrayContaining(['Decision Asked', 'Vote Approve', 'Decision Allowed', 'Use Used']));

    const refused = await sallyport('alice', ['audit', '-n', namespace]);
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toContain('the ClusterRole sallyport-evidence-reader gives that right');
  });
});
