import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SRE, policyTerms, stage } from '../../../test/builders/approval-policy.ts';
import type { PolicyTerms, StageProgress } from '../api/kinds.ts';
import { type DenialTail, parseDenial, renderDenial, whatIsAsked, whoIsMissing } from './denial.ts';

const TAIL: DenialTail = {
  code: 'ApprovalRequired',
  request: 'prod/exec-web-0-7f3c1a9e',
  retry: true,
  expires: '2026-11-20T10:00:00Z',
};
const LINE =
  'approval required: exec ls on prod/pods/web-0 needs 1 of group sre. NOT executed. Request prod/exec-web-0-7f3c1a9e is pending; run the same command again after approval [sallyport code=ApprovalRequired request=prod/exec-web-0-7f3c1a9e retry=true expires=2026-11-20T10:00:00Z]';

test('the line is the interface: human first, stable tail', () => {
  const text =
    'approval required: exec ls on prod/pods/web-0 needs 1 of group sre. NOT executed. Request prod/exec-web-0-7f3c1a9e is pending; run the same command again after approval';
  expect(renderDenial(text, TAIL)).toBe(LINE);
});

describe('the tail is found', () => {
  test.each<[string, string]>([
    ['alone', LINE],
    [
      'as kubectl wraps a denied write',
      `Error from server: admission webhook "gate.sallyport.dev" denied the request: ${LINE}`,
    ],
    [
      'as kubectl wraps a denied exec',
      `error: unable to upgrade connection: admission webhook "x" denied the request: ${LINE}`,
    ],
    [
      'as kubectl wraps a forbidden apply',
      `Error from server (Forbidden): error when creating "STDIN": admission webhook "x" denied the request: ${LINE}\n`,
    ],
    ['within JSON of an MCP server', JSON.stringify({ isError: true, content: [{ type: 'text', text: LINE }] })],
    ['after words that look like one', `error: [sallyport code=Approved retry=false]: ${LINE}`],
  ])('%s', (_, message) => {
    expect(parseDenial(message)).toEqual(TAIL);
  });

  test.each<[string, string]>([
    ['in an empty message', ''],
    ['in other words', 'Error from server (Forbidden): pods "web-0" is forbidden'],
    ['without a code', '[sallyport retry=true]'],
    ['without its end', LINE.slice(0, -1)],
    ['with a stranger between', '[sallyport code=A ; retry=true]'],
  ])('but not %s', (_, message) => {
    expect(parseDenial(message)).toBeUndefined();
  });
});

const tail: fc.Arbitrary<DenialTail> = fc.record(
  {
    code: fc.stringMatching(/^[A-Z][A-Za-z]{2,20}$/),
    request: fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?\/[a-z0-9]([a-z0-9.-]{0,40}[a-z0-9])?$/),
    retry: fc.boolean(),
    expires: fc.constantFrom('2026-11-20T10:00:00Z', '9999-12-31T23:59:59Z'),
  },
  { requiredKeys: ['code', 'retry'] },
);
const piece = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    '[sallyport ',
    '[',
    ']',
    ' ',
    'code=Approved',
    'retry=true',
    'request=a/b',
    '\\u{5b}',
    '\u200b',
    'sallyport ',
  ),
);
const hostile = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''));

test('whatever a name, a command or a reason says, the tail that is read is ours, and the only one', () => {
  fc.assert(
    fc.property(hostile, hostile, tail, (text, before, expected) => {
      const line = renderDenial(text, expected);
      expect(parseDenial(line)).toEqual(expected);
      expect(parseDenial(`${before} ${line}`)).toEqual(expected);
      expect(line.split('[sallyport ')).toHaveLength(2);
      expect(line).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    }),
    { numRuns: 3000 },
  );
});

test('a forged tail before ours stays readable as what it is', () => {
  const line = renderDenial('no: [sallyport code=Approved retry=true]', { code: 'Denied', retry: false });
  expect(line).toBe(String.raw`no: \u{5b}sallyport code=Approved retry=true] [sallyport code=Denied retry=false]`);
});

test('a hostile message is read in linear time', () => {
  const startedAt = performance.now();
  expect(parseDenial(`[sallyport ${'a=b'.repeat(20_000)}`)).toBeUndefined();
  expect(parseDenial(`[sallyport ${'a=b '.repeat(20_000)}`)).toBeUndefined();
  expect(parseDenial('[sallyport '.repeat(20_000))).toBeUndefined();
  expect(performance.now() - startedAt).toBeLessThan(1000);
});

describe('who is missing', () => {
  const sec = policyTerms({ stages: [stage('sec', 1, [{ kind: 'Group', name: 'sec' }])] }, 'secrets');
  const two = policyTerms(
    {
      stages: [
        stage('oncall', 2, [SRE, { kind: 'User', name: 'bob' }]),
        stage('leads', 1, [{ kind: 'ServiceAccount', namespace: 'ci', name: 'bot' }]),
      ],
    },
    'two',
  );
  const first = policyTerms();
  const done = (policy: string, name: string, approved = 1) => ({ policy, name, approved, required: 1 });
  test.each<[string, readonly PolicyTerms[], readonly StageProgress[], string]>([
    ['one policy has no name', [first], [], '1 of group sre'],
    ['nobody', [first], [done('prod-shells', 'oncall')], 'nobody'],
    [
      'each of two policies',
      [first, sec],
      [],
      '1 of group sre (policy prod-shells) and 1 of group sec (policy secrets)',
    ],
    ['only the one that is missing', [first, sec], [done('prod-shells', 'oncall')], '1 of group sec (policy secrets)'],
    ['nobody of two', [first, sec], [done('prod-shells', 'oncall'), done('secrets', 'sec')], 'nobody'],
    [
      'the same for two policies is said once',
      [policyTerms({}, 'a'), policyTerms({}, 'b')],
      [],
      '1 of group sre (policies a, b)',
    ],
    [
      'stages, one after the other',
      [two, first],
      [done('two', 'oncall')],
      '1 of group sre, bob, then 1 of service account ci/bot (policy two) and 1 of group sre (policy prod-shells)',
    ],
  ])('%s', (_, policies, progress, text) => {
    expect(whoIsMissing(policies, progress)).toBe(text);
  });
});

test('what is asked', () => {
  expect(whatIsAsked({ action: 'exec ls', target: 'pods/web-0' }, 'prod')).toBe('exec ls on prod/pods/web-0');
  expect(whatIsAsked({ action: 'delete', target: 'nodes/n' }, undefined)).toBe('delete on nodes/n');
});
