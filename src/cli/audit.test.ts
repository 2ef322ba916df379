import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { EVIDENCE } from '../../test/builders/evidence.ts';
import { evidenceOfRequest, LEDGER } from '../../test/builders/evidence-of-request.ts';
import { CliHarness } from '../../test/harness/cli-harness.ts';
import { status } from '../../test/harness/versioned-store.ts';
import { recordObject } from '../core/evidence/record-name.ts';
import type { EvidenceRecord } from '../core/evidence/evidence-record.ts';
import type { RecordObject } from '../core/evidence/record-object.ts';

const RECORDS = '/apis/evidence.sallyport.dev/v1alpha1';
const REQUEST = 'prod/exec-web-0-7f3c1a9e';

let harness: CliHarness;
/** What was asked for: the path, and the field selector. */
let asked: string[];
/** Beside the story of the request. */
let more: readonly EvidenceRecord[];
let refusal: { readonly code: number; readonly reason: string } | undefined;

beforeEach(async () => {
  harness = await new CliHarness().listen();
  asked = [];
  refusal = undefined;
  more = [];
  const before = harness.server.script;
  harness.server.script = (request) => {
    if (!request.path.startsWith(RECORDS)) return before?.(request);
    const selector = new URLSearchParams(request.query).get('fieldSelector') ?? '';
    asked.push(`${request.path.slice(RECORDS.length)} ${selector}`);
    if (refusal !== undefined) {
      return { type: 'Json', status: refusal.code, body: status(refusal.code, refusal.reason, 'no') };
    }
    const all = [...evidenceOfRequest(), ...more].flatMap((record) => recordObject(LEDGER, record) ?? []);
    const items = all.filter((each) => fits(each, selector)).toReversed();
    return { type: 'Json', status: 200, body: { metadata: { resourceVersion: '1' }, items } };
  };
});

afterEach(async () => {
  await harness[Symbol.asyncDispose]();
});

function fits({ entry }: RecordObject, selector: string): boolean {
  const [, decision] = /decision=([^,]+)/.exec(selector) ?? [];
  if (decision !== undefined) return entry.decision === decision;
  return entry.kind !== 'AuditEvent';
}

describe('kubectl sallyport audit', () => {
  test('of a request has the events of the API server, joined by the decision', async () => {
    const { code, out } = await harness.run(`audit ${REQUEST}`);
    expect(code).toBe(0);
    const lines = out.split('\n').map((line) => line.split(/ {3,}/).slice(1, 3).join(', '));
    expect(lines).toEqual([
      '',
      'WHAT, WHO',
      'asked, alice',
      'request Pending, alice',
      'vote Approve, bob',
      'request Approved, alice',
      'allowed, alice',
      'approval used, alice',
      'request Consumed, alice',
      'API server 101 began, alice',
      '',
    ]);
    expect(asked[0]).toBe(`/namespaces/prod/records request=${REQUEST},kind=Any`);
  });

  test('of an alarm says what was done, and by which records that is proved', async () => {
    const ids = ['event/0f1e/ResponseStarted', 'decision/c41d\u{202e}09aa'];
    const data = { ...EVIDENCE.Alarm.data, verb: 'connect', request: REQUEST, evidence: ids } as const;
    more = [{ ...EVIDENCE.Alarm, data, seq: 9_000, prev: '0'.repeat(64), time: '2026-11-20T11:00:00.000Z' }];
    const { out } = await harness.run(`audit ${REQUEST}`);
    expect(out).toContain('ALARM Bypass is proved by event/0f1e/ResponseStarted, decision/c41d\\u{202e}09aa.\n');
    const wide = await harness.run('audit -n prod --kind Alarm -o wide');
    const [header = '', ...rows] = wide.out.split('\n').map((line) => line.split(/ {3,}/));
    const alarm = rows.find((cells) => cells.includes('Alarm')) ?? [];
    expect([header.at(-1), alarm.at(-1)]).toEqual([
      'EVIDENCE',
      'event/0f1e/ResponseStarted,decision/c41d\\u{202e}09aa',
    ]);
    expect(alarm[header.indexOf('VERB')]).toBe('connect');
  });

  test('asks for what the options say, and escapes what a selector would split', async () => {
    const { code } = await harness.run(
      'audit -n prod --object pods/exec/web-0 --user a,b=c --verb CONNECT --outcome Denied --since 2h --events',
    );
    expect(code).toBe(0);
    expect(asked).toEqual([
      '/namespaces/prod/records kind=Any,user=a\\,b\\=c,verb=connect,resource=pods/exec,objectName=web-0,outcome=Denied,since=2h',
    ]);
  });

  test('by person and by user asks for what is of both', async () => {
    await harness.run('audit -A --person alice --user bob');
    expect(asked).toHaveLength(1);
    expect(asked[0]).toContain('user=bob');
    expect(asked[0]).toContain('person=alice');
  });

  test('by person asks for the person, whose usernames the API knows', async () => {
    const { out } = await harness.run('audit -A --person alice -o name');
    expect(asked).toEqual(['/records person=alice']);
    expect(out.trim().split('\n')).toHaveLength(7);
  });

  test.each([
    [404, 'NotFound', 3, 'this cluster serves no evidence (it needs audit.index and audit.readApi'],
    [403, 'Forbidden', 1, 'the ClusterRole sallyport-evidence-reader gives that right'],
    [503, 'ServiceUnavailable', 1, 'the evidence cannot be read now'],
  ])('says what is the matter: %d', async (code, reason, exit, message) => {
    refusal = { code, reason };
    const result = await harness.run('audit -n prod');
    expect(result).toMatchObject({ code: exit, out: '' });
    expect(result.err).toContain(message);
  });

  test('what the API server answers in place of the API is one line, without escapes', async () => {
    harness.server.script = () => ({ type: 'Text', status: 503, text: 'error trying to\nreach service: EOF\n' });
    const { code, err } = await harness.run('audit -n prod');
    expect(code).toBe(1);
    expect(err).toMatch(/^error: the evidence cannot be read now: error trying to reach service: EOF \(.*\)\n$/);
  });

  test.each([
    'audit --since yesterday',
    'audit --since 2026-11-31',
    'audit --until 2026-02-30T10:00:00Z',
    'audit --since 1h --until 2h',
    'audit --since 2026-11-20 --until 2026-11-19',
    'audit --since 2999-01-01',
    'audit --follow --until 1m',
    'audit --limit 0',
    'audit --kind Segment',
    `audit ${REQUEST} --follow`,
  ])('refuses %s', async (line) => {
    expect((await harness.run(line)).code).toBe(2);
    expect(asked).toEqual([]);
  });
});
