import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { repositoryRoot } from '../../tools/cluster/profiles.ts';
import type { ApprovalPolicy } from '../../src/core/api/kinds.ts';
import { fromAuditEvent } from '../../src/core/attributes/from-audit-event.ts';
import type { JsonObject } from '../../src/core/attributes/json.ts';
import { createJudge } from '../../src/core/backtest/judge.ts';
import type { BacktestReport, PolicyBacktest } from '../../src/core/backtest/report.ts';
import { createPolicyCompiler } from '../../src/core/decision/compile.ts';
import type { AuditEvent } from '../../src/core/evidence/audit-event.ts';
import { achieves } from '../harness/achieves.ts';
import { verifies } from '../harness/verifies.ts';
import { deployment, deploymentRule } from './harness/deployment.ts';
import { apply, json, kubectl, must, type Result, runProgram } from './harness/kubectl.ts';
import { approve, deniedRequest, EXEC_RULE, exec, scene } from './harness/scene.ts';

let namespace = '';
let folder = '';
let since = '';

/** As whoever has nothing but the log and two files, or the cluster besides. */
function sallyport(args: readonly string[], stdin = ''): Promise<Result> {
  const program = join(repositoryRoot(), 'src/bin/sallyport.ts');
  return runProgram(process.execPath, [program, 'policy', 'backtest', ...args], { stdin }, { KUBECONFIG: '/nowhere' });
}

async function twice(attempt: () => Promise<Result>): Promise<void> {
  await approve('bob', deniedRequest(await attempt()));
  await succeeds(attempt());
}

async function succeeds(doing: Promise<Result>): Promise<void> {
  const { code, stderr } = await doing;
  if (code !== 0) throw new Error(stderr);
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'backtest-'));
  since = new Date(Date.now() - 1000).toISOString();
  const rules = [EXEC_RULE, deploymentRule(['CREATE', 'UPDATE', 'DELETE'])];
  ({ namespace } = await scene('backtest', rules, (spec) => ({
    ...spec,
    match: { ...spec.match, excludeSubjects: [{ kind: 'User', name: 'carol' }] },
  })));
  await twice(() => exec('alice', namespace, 'id'));
  await succeeds(exec('carol', namespace, 'id'));
  const path = `/api/v1/namespaces/${namespace}/pods/web-0/exec?command=id&container=app&stdout=true`;
  await kubectl('nadmin', ['get', '--raw', path]);
  const make = (...flags: string[]) =>
    kubectl('alice', ['create', ...flags, '-f', '-'], { stdin: JSON.stringify(deployment(namespace)) });
  await succeeds(make('--dry-run=server'));
  await twice(() => make());
  await twice(() => kubectl('alice', ['set', 'env', '-n', namespace, 'deployment/shop', 'A=B']));
  deniedRequest(await kubectl('alice', ['delete', '-n', namespace, 'deployment/shop']));
  await apply('alice', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'free', namespace }, data: {} });

  const namespaces = await must('admin', ['get', 'namespaces', '-o', 'json']);
  await writeFile(join(folder, 'namespaces.json'), namespaces);
  await writeFile(join(folder, 'policy.json'), await must('admin', ['get', 'approvalpolicy', namespace, '-o', 'json']));
}, 300_000);

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
  await must('admin', ['delete', 'approvalpolicy', namespace]);
});

function auditLog(): string {
  const { auditLog: file } = inject('e2e');
  if (file === undefined) throw new Error('this cluster keeps no audit log');
  return file;
}

async function reportOf(args: readonly string[]): Promise<PolicyBacktest> {
  const { code, stdout, stderr } = await sallyport([
    ...args,
    '--audit-log',
    auditLog(),
    '--since',
    since,
    '-o',
    'json',
  ]);
  expect(stderr).toBe('');
  expect(code).toBe(0);
  const [policy] = (JSON.parse(stdout) as BacktestReport).policies;
  if (policy === undefined) throw new Error('no policy');
  return policy;
}

describe('a backtest of the audit log of this cluster', () => {
  const files = () => ['-f', join(folder, 'policy.json'), '--namespaces', join(folder, 'namespaces.json')];

  test(`${verifies('README-backtest')}counts what was done, each action once, without a cluster`, async () => {
    const found = await achieves('all events to be written', async () => {
      const report = await reportOf(files());
      expect(report.resources.reduce((sum, { held, unknown }) => sum + held + unknown, 0)).toBe(7);
      return report;
    });
    expect(found).toMatchObject({
      asks: '1 of group sre',
      held: 5,
      refused: 0,
      unknown: 2,
      dryRuns: 1,
      // One exec, one creation, one deletion; perhaps one change.
      requests: 3,
      requestsAtMost: 4,
      unknownBecause: [
        { reason: 'change', count: 2 },
        // Of the one that was refused: it might have been an apply.
        { reason: 'operation', count: 1 },
      ],
      notReached: [{ reason: 'Forbidden', count: 1 }],
      people: [{ name: 'alice', held: 5, refused: 0, unknown: 2 }],
      approvers: [{ approver: 'group sre', requests: 3 }],
    });
    expect(Object.fromEntries(found.resources.map(({ name, held, unknown }) => [name, [held, unknown]]))).toEqual({
      'deployments.apps': [3, 2],
      'pods/exec': [2, 0],
    });
  });

  test('says the same of the policy and the namespaces as they are stored', async () => {
    const { kubeconfigs } = inject('e2e');
    const stored = ['--policy', namespace, '--namespaces', 'cluster', '--kubeconfig', kubeconfigs.admin];
    const { asks, held, unknown, requests } = await reportOf(stored);
    expect({ asks, held, unknown, requests }).toEqual({ asks: '1 of group sre', held: 5, unknown: 2, requests: 3 });
  });

  test('knows nothing of what it was not told: the labels of the namespace', async () => {
    const { held, unknown, unknownBecause } = await reportOf(['-f', join(folder, 'policy.json')]);
    expect(held).toBe(0);
    expect(unknown).toBeGreaterThanOrEqual(7);
    expect(unknownBecause[0]?.reason).toBe('namespaceLabels');
  });

  test('says of each event what the webhook decided', async () => {
    const policy = await json<ApprovalPolicy>('admin', ['get', 'approvalpolicy', namespace]);
    const place = await json<JsonObject>('admin', ['get', 'namespace', namespace]);
    const compiled = createPolicyCompiler()(policy);
    if (!compiled.ready) throw new Error('the policy is not ready');
    const judge = createJudge(compiled);
    const decided = (await readFile(auditLog(), 'utf8'))
      .split('\n')
      .filter((line) => line.includes(`"namespace":"${namespace}"`) && line.includes('.gate.sallyport.dev/code'))
      .map((line) => JSON.parse(line) as AuditEvent)
      .filter(({ requestURI, stage }) => !requestURI.includes('dryRun') && stage !== 'RequestReceived')
      .map((event) => {
        const audited = fromAuditEvent(event);
        const verdict = audited.kind === 'Reviewed' ? judge(audited, () => place).kind : audited.kind;
        const code = Object.entries(event.annotations ?? {}).find(([key]) => key.endsWith('.gate.sallyport.dev/code'));
        return {
          verdict,
          code: code?.[1] ?? '',
          operation: audited.kind === 'Reviewed' && audited.attributes.operation,
        };
      });
    const said = decided.map(({ verdict, code, operation }) => `${verdict} ${code} ${String(operation)}`);
    expect(new Set(said)).toEqual(
      new Set([
        'Held ApprovalRequired CONNECT',
        'Held Approved CONNECT',
        'Free NoPolicyMatches CONNECT',
        'Held ApprovalRequired CREATE',
        'Held Approved CREATE',
        'Held ApprovalRequired DELETE',
        // Whether it changes anything stands in no event at level Metadata.
        'Unknown ApprovalRequired UPDATE',
        'Unknown Approved UPDATE',
        // The controller's own update of the Deployment.
        ...said.filter((each) => each === 'Free SystemIdentity UPDATE'),
      ]),
    );
  });
});

test('a policy that would be refused is refused, with its problems', async () => {
  const { code, stdout, stderr } = await sallyport(['-f', 'docs/policies/refused.yaml', '--audit-log', '-']);
  expect(stdout).toBe('');
  expect(stderr).toContain('ApprovalPolicy refused is refused: spec.masking:');
  expect(code).toBe(2);
});
