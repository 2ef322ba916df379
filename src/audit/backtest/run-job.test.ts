import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { approvalPolicy } from '../../../test/builders/approval-policy.ts';
import { auditEvent } from '../../../test/builders/audit-event.ts';
import { writeSegments } from '../../../test/builders/ledger-segments.ts';
import type { JsonObject } from '../../core/attributes/json.ts';
import type { BacktestCall, BacktestNews } from '../../core/backtest/backtest-call.ts';
import type { AuditEvent } from '../../core/evidence/audit-event.ts';
import { type BacktestJob, MAX_POLICIES, runJob } from './run-job.ts';

const NOW = Date.parse('2026-11-20T12:00:00Z');
const POLICY = { from: 'it', text: JSON.stringify(approvalPolicy()) };

let folder = '';
let count = 0;
const at = (time: string, more: Partial<AuditEvent> = {}): string => {
  count += 1;
  const received = { requestReceivedTimestamp: time, stageTimestamp: time };
  return JSON.stringify(auditEvent({ auditID: `event-${count}`, ...received, ...more }));
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'backtest-job-'));
  const inDev = { objectRef: { resource: 'pods', namespace: 'dev', name: 'web-0', subresource: 'exec' } };
  await writeSegments(join(folder, 'ledger'), [
    { time: '2026-11-01T00:00:00.000Z', events: [at('2026-11-01T10:00:00Z')] },
    { time: '2026-11-10T00:00:00.000Z', events: [at('2026-11-10T10:00:00Z'), at('2026-11-15T10:00:00Z')] },
    {
      time: '2026-11-16T00:00:00.000Z',
      events: [at('2026-11-17T10:00:00Z', { user: { username: 'alice-admin' } }), at('2026-11-18T10:00:00Z', inDev)],
      tail: '{"seq":9,"prev":"0',
    },
  ]);
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function run(call: Partial<BacktestCall> = {}, job: Partial<BacktestJob> = {}): Promise<BacktestNews> {
  const told: BacktestNews[] = [];
  await runJob(
    {
      call: { by: 'bob', manifests: [POLICY], since: '2026-11-13T12:00:00Z', ...call },
      directory: join(folder, 'ledger'),
      namespaces: [],
      people: { people: [], templates: [] },
      now: NOW,
      ofOneLedger: false,
      ...job,
    },
    (news) => told.push(news),
    new AbortController().signal,
  );
  const end = told.filter(({ type }) => type !== 'Progress');
  expect(end).toHaveLength(1);
  return end[0] as BacktestNews;
}

async function report(...args: Parameters<typeof run>) {
  const news = await run(...args);
  if (news.type !== 'Report') throw new Error(JSON.stringify(news));
  return news.report;
}

describe('a back-test of a ledger', () => {
  test('counts what happened since, and reads no segment that ended before', async () => {
    const { policies, read, days, from } = await report();
    expect(policies[0]).toMatchObject({ policy: 'prod-shells', held: 3, unknown: 0 });
    // Of the first segment nothing, and of the second what was received before.
    expect(read).toEqual({ events: 6, tooOld: 1, broken: 0 });
    expect([days, from]).toEqual([7, '2026-11-13T12:00:00.000Z']);
  });

  test('has every day that was asked for, those on which nothing happened too', async () => {
    const { policies } = await report();
    expect(policies[0]?.days.map(({ day, held }) => `${day.slice(8)}:${held}`)).toEqual([
      '13:0',
      '14:0',
      '15:1',
      '16:0',
      '17:1',
      '18:1',
      '19:0',
      '20:0',
    ]);
  });

  test('begins where the ledger does: what was before is not known, and makes no average smaller', async () => {
    const { days, from, policies } = await report({ since: '2026-08-22T12:00:00Z' });
    expect(from).toBe('2026-11-01T00:00:00.000Z');
    expect(days).toBe(19.5);
    expect(policies[0]?.held).toBe(5);
  });

  test('tells of no other namespace than that which may be read', async () => {
    const { policies } = await report({ namespace: 'dev' });
    expect(policies[0]).toMatchObject({ held: 1, namespaces: [{ name: 'dev', held: 1 }] });
    expect(JSON.stringify(policies)).not.toContain('prod"');
  });

  test('nor how much goes on elsewhere: with a hundred times the traffic of others all that is told is the same', async () => {
    const of = (namespace: string, verb: string, more: Partial<AuditEvent> = {}) =>
      at('2026-11-17T10:00:00Z', { verb, objectRef: { resource: 'pods', namespace, name: 'web-0' }, ...more });
    const exec = { resource: 'pods', namespace: 'dev', name: 'web-0', subresource: 'exec' };
    const ours = [
      at('2026-11-17T10:00:00Z', { objectRef: exec }),
      at('2026-11-12T10:00:00Z', { objectRef: exec }),
      of('dev', 'get'),
      of('dev', 'list', { requestURI: '/x?"objectRef":{"resource":"pods","namespace":"prod"' }),
    ];
    const theirs = Array.from({ length: 400 }, (_, index) => [
      of('prod', 'get'),
      // Objects and texts of theirs that look like ours.
      of('prod', 'create', { requestObject: { objectRef: { resource: 'pods', namespace: 'dev' } } }),
      of('devel', 'list', { userAgent: `${index}"objectRef":{"resource":"pods","namespace":"dev"` }),
      JSON.stringify({ not: 'an event' }),
      at('2026-11-02T10:00:00Z'),
    ]).flat();
    const told = async (name: string, events: readonly string[], tail = '') => {
      const directory = join(folder, name);
      const later = { time: '2026-11-18T00:00:00.000Z', events: [of('dev', 'watch')] };
      await writeSegments(directory, [
        { time: '2026-11-01T00:00:00.000Z', events },
        { ...later, tail },
      ]);
      const { policies, read, from } = await report({ namespace: 'dev' }, { directory });
      const all = await report({}, { directory });
      return { policies, read, from, all: all.read };
    };
    // Left out unread; that it is old is not told, wherever it stands.
    const old = at('2026-11-12T10:00:00Z', { verb: 'get', objectRef: { resource: 'pods', namespace: 'dev' } });
    const few = await told('few', [...ours, old]);
    // As line 1,025, which is a sample.
    const before = [...theirs, ...theirs].slice(0, 1_023);
    const many = await told('many', [...before, old, ...ours, ...theirs, '{"broken', 'x'.repeat(99)]);
    expect(few.read).toEqual({ events: 6, tooOld: 1, broken: 0 });
    expect(few.policies[0]).toMatchObject({ held: 1 });
    expect({ ...many, all: {} }).toEqual({ ...few, all: {} });
    // Who may read everywhere is told of all.
    expect(many.all.events).toBeGreaterThan(2_000);
    expect(many.all.broken).toBeGreaterThan(0);
  });

  test('and how far it is only in parts, not in bytes and events of all', async () => {
    const told = async (namespace?: string) => {
      const news: BacktestNews[] = [];
      await runJob(
        {
          call: { by: 'bob', manifests: [POLICY], since: '2026-11-13T12:00:00Z', ...(namespace ? { namespace } : {}) },
          directory: join(folder, 'ledger'),
          namespaces: [],
          people: { people: [], templates: [] },
          // Long ago: the first step is told at once.
          now: 0,
          ofOneLedger: false,
        },
        (each) => news.push(each),
        new AbortController().signal,
      );
      return news[0];
    };
    expect(await told()).toMatchObject({ type: 'Progress', events: 3 });
    expect(await told('dev')).toMatchObject({ type: 'Progress', events: 0, totalBytes: 1000 });
  });

  test('knows the namespaces and the persons of the cluster', async () => {
    const spec = { match: { ...approvalPolicy().spec.match, namespaceSelector: { matchLabels: { env: 'prod' } } } };
    const manifests = [{ from: 'it', text: JSON.stringify(approvalPolicy(spec)) }];
    expect((await report({ manifests })).policies[0]).toMatchObject({ held: 0, unknown: 3 });
    const namespaces: JsonObject[] = [
      { metadata: { name: 'prod', labels: { env: 'prod' } } },
      { metadata: { name: 'dev', labels: { env: 'dev' } } },
    ];
    const alice = {
      person: 'Alice',
      usernames: ['alice', 'alice-admin'],
      emails: [],
      slack: [],
      groups: [],
      agents: [],
    };
    const known = await report({ manifests }, { namespaces, people: { people: [alice], templates: [] } });
    expect(known.policies[0]).toMatchObject({ held: 2, unknown: 0, people: [{ name: 'Alice', held: 2 }] });
  });

  const refusals: Record<string, readonly [text: string, problem: string | RegExp]> = {
    'a field that there is not': [
      JSON.stringify({ ...approvalPolicy(), spec: { ...approvalPolicy().spec, masking: [] } }),
      /^it: ApprovalPolicy prod-shells is refused: spec\.masking: /,
    ],
    'another version': [
      JSON.stringify({ ...approvalPolicy(), apiVersion: 'sallyport.dev/v9' }),
      'it: ApprovalPolicy prod-shells is refused: apiVersion: must be sallyport.dev/v1alpha1',
    ],
    'no metadata': [
      JSON.stringify({ ...approvalPolicy(), metadata: undefined }),
      'it: ApprovalPolicy (no name) is refused: metadata.name: is missing',
    ],
    'no policy': ['{"apiVersion": "v1", "kind": "ConfigMap"}', 'it holds no ApprovalPolicy'],
    'no object': ['[1, 2]', 'cannot read it: it holds something that is no object of Kubernetes'],
    'no YAML': ['a: [', /^cannot read it: Flow sequence/],
    'aliases that unfold': [
      `a: &a [x,x,x,x,x,x,x,x,x]\n${['b', 'c', 'd', 'e', 'f', 'g', 'h']
        .map(
          (key, index) =>
            `${key}: &${key} [${Array(9)
              .fill(`*${'abcdefg'[index] ?? ''}`)
              .join(',')}]`,
        )
        .join('\n')}`,
      /^cannot read it: Excessive alias count/,
    ],
    'too many': [
      Array.from({ length: MAX_POLICIES + 1 }, (_, index) => JSON.stringify(approvalPolicy({}, `p-${index}`))).join(
        '\n---\n',
      ),
      'these are 11 policies; 10 at most',
    ],
  };
  test.each(Object.entries(refusals))(
    'is refused with its problems, as by the command: %s',
    async (_, [text, problem]) => {
      const news = await run({ manifests: [{ from: 'it', text }] });
      expect(news).toMatchObject({ type: 'Refused' });
      const [first] = news.type === 'Refused' ? news.problems : [];
      if (typeof problem === 'string') expect(first).toBe(problem);
      else expect(first).toMatch(problem);
    },
  );

  test('fails for its operator where there is nothing to read, who is told of the folder', async () => {
    await expect(run({}, { directory: join(folder, 'nothing') })).rejects.toMatchObject({
      code: 'Unreadable',
      message: expect.stringContaining(join(folder, 'nothing')),
    });
  });
});
