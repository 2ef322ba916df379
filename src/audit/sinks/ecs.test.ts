import { createHash } from 'node:crypto';
import { EcsFlat, EcsVersion } from '@elastic/ecs';
import { describe, expect, test } from 'vitest';
import { EVIDENCE } from '../../../test/builders/evidence.ts';
import { sinkMessages } from '../../../test/builders/sink-messages.ts';
import type { Submission } from '../../core/evidence/evidence-record.ts';
import { ECS_VERSION, type EcsDocument } from './ecs.ts';
import { headMessage } from './to-message.ts';

/** What this test reads of the schema that Elastic publishes. */
interface Field {
  readonly type: string;
  readonly normalize: readonly string[];
  readonly allowed_values?: readonly { readonly name: string; readonly expected_event_types?: readonly string[] }[];
}

const FIELDS = EcsFlat as unknown as Readonly<Record<string, Field | undefined>>;

async function documentOf(submission: Submission): Promise<EcsDocument> {
  const [message] = await sinkMessages([submission]);
  if (message === undefined) throw new Error('no message');
  return message.document;
}

/** Every break of the schema, as `field: what is wrong`. */
function problemsOf({ sallyport: _, ...document }: EcsDocument): string[] {
  const expected = new Set(
    document.event.category.flatMap(
      (category) =>
        FIELDS['event.category']?.allowed_values?.find(({ name }) => name === category)?.expected_event_types ?? [],
    ),
  );
  return [
    ...leaves('', document).flatMap(([path, value]) => problemOf(path, value)),
    ...document.event.type.filter((type) => !expected.has(type)).map((type) => `event.type: ${type} is not expected`),
  ];
}

function problemOf(path: string, value: unknown): string[] {
  const field = FIELDS[path];
  if (field === undefined) return [`${path}: is no field of ECS`];
  const values: unknown[] = Array.isArray(value) ? value : [value];
  const allowed = field.allowed_values?.map(({ name }) => name);
  return [
    ...(Array.isArray(value) === field.normalize.includes('array') ? [] : [`${path}: a list, or none`]),
    ...values.flatMap((one) =>
      FITS[field.type]?.(one) === true ? [] : [`${path}: ${String(one)} is no ${field.type}`],
    ),
    ...values
      .filter((one) => allowed?.includes(String(one)) === false)
      .map((one) => `${path}: ${String(one)} is not allowed`),
  ];
}

const isText = (value: unknown): boolean => typeof value === 'string' && value !== '';
const FITS: Readonly<Record<string, (value: unknown) => boolean>> = {
  keyword: isText,
  wildcard: isText,
  match_only_text: isText,
  ip: (value) => isText(value) && /^[\da-f.:]+$/.test(String(value)),
  date: (value) => isText(value) && !Number.isNaN(Date.parse(String(value))),
  long: (value) => Number.isSafeInteger(value),
};

function leaves(prefix: string, value: object): [string, unknown][] {
  return Object.entries(value).flatMap(([name, one]: [string, unknown]): [string, unknown][] =>
    typeof one === 'object' && one !== null && !Array.isArray(one)
      ? leaves(`${prefix}${name}.`, one)
      : [[`${prefix}${name}`, one]],
  );
}

const { Decision, Request, Vote, Use, GivenBack, Policy, AuditEvent, Alarm } = EVIDENCE;
const WEB_0 = { type: 'kubernetes', namespace: 'prod', resource: { type: 'pods/exec', name: 'web-0' } };

const ROWS: Record<string, [Submission, object]> = {
  'a denial': [
    Decision,
    {
      message: 'alice: connect pods/exec prod/web-0: Denied (ApprovalRequired)',
      event: { kind: 'event', category: ['api'], type: ['denied'], action: 'decision-denied', outcome: 'failure' },
      user: { name: 'alice', id: 'u-1' },
      orchestrator: WEB_0,
      sallyport: { decision: 'd-1', request: 'prod/exec-web-0', code: 'ApprovalRequired', policies: ['prod-shells'] },
    },
  ],
  'what was allowed': [
    { ...Decision, data: { ...Decision.data, verdict: 'Allowed', code: 'Granted' } },
    { event: { type: ['allowed'], action: 'decision-allowed', outcome: 'success' } },
  ],
  'what has to be asked for': [
    { ...Decision, data: { ...Decision.data, verdict: 'Asked' } },
    { event: { type: ['denied'], action: 'decision-asked', outcome: 'unknown' } },
  ],
  'a request that was approved': [
    Request,
    {
      message: 'alice: request prod/exec-web-0 to connect pods/exec prod/web-0: Approved',
      event: {
        category: ['iam'],
        type: ['change'],
        action: 'request-approved',
        outcome: 'success',
        reason: 'INC-1: the queue is stuck',
      },
      user: { name: 'alice' },
      related: { user: ['alice', 'alice@example.com'] },
      sallyport: { person: 'alice@example.com', record: 'request/r-1/Approved' },
    },
  ],
  'a vote': [
    Vote,
    {
      message: 'bob: Approve of request prod/exec-web-0',
      event: { action: 'vote-approve', outcome: 'success', reason: 'seen the incident' },
      user: { name: 'bob' },
    },
  ],
  'a use': [Use, { event: { action: 'approval-used' }, sallyport: { decision: 'd-2' } }],
  'a use that was given back': [GivenBack, { event: { action: 'approval-given-back' } }],
  'a policy that was changed': [
    Policy,
    { event: { category: ['configuration'], type: ['change'] }, sallyport: { policies: ['prod-shells'] } },
  ],
  'a policy that is new': [{ ...Policy, data: { ...Policy.data, generation: 1 } }, { event: { type: ['creation'] } }],
  'a policy that is gone': [
    { ...Policy, data: { ...Policy.data, change: 'Removed' } },
    { event: { type: ['deletion'] } },
  ],
  'an event of the API server, by an impersonator': [
    AuditEvent,
    {
      '@timestamp': '2026-01-01T00:00:00.223456Z',
      event: { type: ['access'], action: 'get', outcome: 'success', start: '2026-01-01T00:00:00.123456Z' },
      user: { name: 'root', id: 'u-0', effective: { name: 'alice' } },
      related: { user: ['root', 'alice'], ip: ['10.0.0.7'] },
      source: { ip: '10.0.0.7' },
      user_agent: { original: 'kubectl/v1.36.3' },
      url: { original: '/api/v1/namespaces/prod/pods/web-0/exec?command=id' },
      http: { response: { status_code: 101 } },
      sallyport: { decision: 'd-2' },
    },
  ],
  'an event of the API server, refused': [
    {
      ...AuditEvent,
      data: { ...AuditEvent.data, verb: 'delete', objectRef: { resource: 'pods' }, responseStatus: { code: 403 } },
    },
    { event: { type: ['deletion', 'denied'], action: 'delete', outcome: 'failure' } },
  ],
  'an event of the API server about no object': [
    { ...AuditEvent, data: { ...AuditEvent.data, verb: 'constructor', objectRef: {}, sourceIPs: ['x'] } },
    { event: { type: ['admin'] }, message: expect.stringContaining('/api/v1') as string },
  ],
  'an alarm': [
    Alarm,
    {
      '@timestamp': '2026-01-01T00:00:05.000Z',
      event: { kind: 'alert', category: ['intrusion_detection'], action: 'alarm-bypass', severity: 1 },
      user: { name: 'mallory' },
      rule: { name: 'Bypass' },
    },
  ],
};

describe('the document of', () => {
  test.each(Object.entries(ROWS))('%s', async (_, [submission, document]) => {
    const made = await documentOf(submission);
    expect(made).toMatchObject(document);
    expect(problemsOf(made)).toEqual([]);
  });

  test('a checkpoint', () => {
    const { document } = headMessage({ seq: 7, hash: 'c'.repeat(64), time: '2026-01-01T00:00:00.000Z' }, 'l-1', '{}');
    expect(document).toMatchObject({
      event: { kind: 'state', sequence: 7, original: '{}' },
      sallyport: { kind: 'Checkpoint' },
    });
    expect(problemsOf(document)).toEqual([]);
  });

  test('a record holds its line, whose hash it names', async () => {
    const [message] = await sinkMessages([Decision]);
    const { original = '', hash, sequence } = message?.document.event ?? {};
    expect(JSON.parse(original)).toMatchObject({ seq: sequence, id: 'decision/d-1', data: Decision.data });
    expect(createHash('sha256').update(original).digest('hex')).toBe(hash);
  });

  test('hostile words is one line of well-formed text', async () => {
    const data = { ...Alarm.data, message: `x\n<14>1 forged\u2028\ud800${'y'.repeat(5_000)}` };
    const { message } = await documentOf({ ...Alarm, data });
    expect(message).toMatch(/^Bypass: x <14>1 forged /);
    expect(message.isWellFormed()).toBe(true);
    expect(message.length).toBeLessThanOrEqual(1_000);
  });
});

test('the schema is of the version that documents name, and the check finds what is wrong', async () => {
  const document = await documentOf(Decision);
  expect([document.ecs.version, ECS_VERSION]).toEqual([EcsVersion, EcsVersion]);
  const wrong = { ...document, user: { nom: 'alice' }, event: { ...document.event, category: ['iam'], kind: 'x' } };
  expect(problemsOf(wrong as unknown as EcsDocument)).toEqual([
    'event.kind: x is not allowed',
    'user.nom: is no field of ECS',
    'event.type: denied is not expected',
  ]);
});
