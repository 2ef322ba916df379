import { anything, array, assert, constantFrom, integer, json, nat, oneof, property, string, tuple } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { auditEvent, eventListOf } from '../../../test/builders/audit-events.ts';
import { eventKey } from '../../core/evidence/event-key.ts';
import { LEVELS, STAGES } from '../../core/evidence/is-audit-event.ts';
import { EVENT_SHAPE, OBJECT, type Shape } from './event-shape.ts';
import { plainEventsOf } from './plain-events.ts';
import { readEvent } from './read-event.ts';
import { splitEventList } from './split-event-list.ts';

const LIMITS = { maxBytes: 60_000, maxDepth: 40, maxValues: 50_000 };
const RECEIVED = '2026-11-21T12:00:00.000Z';

/** What is taken of an item as it stands, and what is made of it by parsing it. */
function both(item: Buffer | string) {
  const [head = '', tail = ''] = eventListOf(['|']).split('|');
  const body = Buffer.concat([Buffer.from(head), Buffer.from(item), Buffer.from(tail)]);
  const readPlain = plainEventsOf(body, LIMITS);
  const plain = readPlain(head.length);
  const list = splitEventList(body, 1);
  // Whether it is a list at all is not a matter of how its items are read.
  expect(splitEventList(body, 1, readPlain)).toMatchObject(list.ok ? { ok: true } : list);
  const range = list.ok ? list.items[0] : undefined;
  return { plain, range, parsed: range === undefined ? undefined : readEvent(body, range, LIMITS, RECEIVED) };
}

function expectAgreement(item: Buffer | string): boolean {
  const { plain, range, parsed } = both(item);
  if (plain === undefined || range === undefined) return false;
  expect(parsed).toMatchObject({ id: plain.id, json: plain.bytes.toString('utf8', plain.start, plain.end) });
  expect(parsed).not.toHaveProperty('cut');
  expect(plain.end).toBe(range.end);
  expect(plain.data).toEqual(parsed?.event);
  return true;
}

/** As Go writes JSON: encoding/json escapes what HTML knows. */
function asGoWrites(value: unknown): string {
  return JSON.stringify(value).replace(/[&<>]/g, (letter) => `\\u00${letter.charCodeAt(0).toString(16)}`);
}

function withField(name: string, text: string): string {
  return JSON.stringify(auditEvent()).replace('{', `{"${name}":${text},`);
}

const deep = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);

describe('an event is taken without being parsed', () => {
  test.each<[string, string]>([
    ['at level Metadata', JSON.stringify(auditEvent())],
    ['whose URI Go has escaped', asGoWrites(auditEvent())],
    ['of a user in another name', JSON.stringify(auditEvent(1, { impersonatedUser: { username: 'bob', groups: [] } }))],
    ['of a user without a name', JSON.stringify(auditEvent(1, { user: {} }))],
    ['whose names are of other alphabets', JSON.stringify(auditEvent(1, { user: { username: 'Ünï "\u{1f600}" \\' } }))],
    ['whose name has half a surrogate pair', JSON.stringify(auditEvent(1, { user: { username: '\ud800' } }))],
    ['with objects', withField('requestObject', '{"a":[{"b":null},true,false,-0.5e+10,0,1E9,[],{},""]}')],
    ['with fields that we do not know', withField('authenticationMetadata', '{"impersonationConstraint":"a"}')],
    ['with the key of another object', withField('requestObject', '{"level":1,"a":{"level":2},"user":3}')],
    ['with a key named __proto__', withField('requestObject', '{"__proto__":{"a":1},"":0,"a":1,"ab":2,"abc":3}')],
    [
      'with keys of managedFields',
      withField('responseObject', '{"k:{\\"name\\":\\"a\\"}":1,"k:{\\"name\\":\\"b\\"}":2}'),
    ],
    ['as deep as it may be', withField('requestObject', deep(39))],
  ])('%s', (_, item) => {
    expect(expectAgreement(item)).toBe(true);
    expect(both(item).plain?.id).toBe(`event/${eventKey(JSON.parse(item))}`);
  });
});

describe('an event is left to the parser', () => {
  test.each<[string, Buffer | string]>([
    ['where a key stands twice', withField('verb', '"get"')],
    ['where a key stands twice deep within', withField('requestObject', '[{"a":{"bcdef":1,"bcdef":2}}]')],
    ['where a short key stands twice', withField('requestObject', '{"a":1,"b":2,"a":3}')],
    ['where a key is spelt with an escape', withField('requestObject', '{"\\u0061":1,"a":2}')],
    ['where a key has an escape that need not be one', withField('requestObject', '{"a\\/b":1}')],
    ['where a key with an escape stands twice', withField('requestObject', '{"\\"":1,"\\"":2}')],
    ['with space', withField('requestObject', '{"a": 1}')],
    ['with a line break', withField('requestObject', '{"a":\n1}')],
    ['that is deeper than it may be', withField('requestObject', deep(40))],
    ['that is longer than it may be', withField('requestObject', `"${'x'.repeat(60_000)}"`)],
    [
      'with a great many keys',
      withField('requestObject', JSON.stringify(Object.fromEntries(Array.from({ length: 65 }, (_, key) => [key, 0])))),
    ],
    ['with bytes that are no UTF-8', Buffer.from(withField('requestObject', '"\xff"'), 'latin1')],
    ['whose key would be very long', JSON.stringify(auditEvent(1, { requestURI: `/${'x'.repeat(20_000)}` }))],
    ['whose time is spelt with an escape', withField('a', '1').replace('Timestamp":"2', 'Timestamp":"\\u0032')],
    ...Object.keys(auditEvent())
      .filter((field) => both(JSON.stringify(auditEvent(1, { [field]: undefined }))).parsed?.cut !== undefined)
      .map((field): [string, string] => [`without ${field}`, JSON.stringify(auditEvent(1, { [field]: undefined }))]),
  ])('%s', (_, item) => {
    expect(both(item).plain).toBeUndefined();
  });

  test.each([
    '01',
    '-',
    '1.',
    '.5',
    '1e',
    '1e+',
    '+1',
    '0x1',
    'NaN',
    'Infinity',
    '-01',
    '1.e1',
    'tru',
    'nulL',
    'truefalse',
    "'a'",
    '"\\x41"',
    '"\\u12g4"',
    '"\\u123"',
    '"\t"',
    '"a',
    '{"a"}',
    '{"a":}',
    '{"a":1,}',
    '{,}',
    '[1,]',
    '[,1]',
    '{a:1}',
    '[1 2]',
    '[}',
    '{]',
    '',
    '1,',
    '"\\',
    '{"a":1"b":2}',
    '{"a"1}',
    '{1:2}',
    '\ufeff1',
    '"\\u000',
    '"a"b',
  ])('with %j for a value', (text) => {
    const item = withField('requestObject', text);
    expect(() => JSON.parse(item)).toThrow(SyntaxError);
    expect(both(item).plain).toBeUndefined();
  });
});

/** Bytes that mean something to JSON, or to a reader of it. */
const MARKS = Buffer.from('"\\{}[]:,0e-.tn \n\u0000\u001f\u007fuT');

/** What may stand somewhere in an event and changes what it says. */
const PIECES = [
  '"verb":"x",',
  '"user":{},',
  '\\',
  '\\u0026',
  '\\n',
  '"a":1,',
  ',"a":1',
  'null',
  '""',
  '[',
  ' ',
  '\u2028',
  '1e5',
];

describe('what is taken as it stands is what the parser takes', () => {
  const fields = oneof(
    constantFrom(...Object.keys(auditEvent()), 'impersonatedUser', 'requestObject', '__proto__', 'x'),
  );
  const values = oneof(
    json().map((text): unknown => JSON.parse(text)),
    string({ unit: 'binary' }),
    constantFrom<unknown>(
      ...LEVELS,
      ...STAGES,
      null,
      {},
      [],
      { username: 1 },
      { groups: [1] },
      { extra: { a: ['b'] } },
    ),
    constantFrom<unknown>(
      { extra: { a: 'b' } },
      { code: '200' },
      { a: 'b' },
      { a: 1 },
      ['a'],
      [1],
      '2026-11-21T12:00:00Z',
    ),
  );
  const changes = array(tuple(fields, values), { maxLength: 3 }).map((pairs) => Object.fromEntries(pairs));

  test('of any event with any fields', () => {
    let taken = 0;
    assert(
      property(changes, nat(1e6), (change, number) => {
        if (expectAgreement(JSON.stringify(auditEvent(number, change)))) taken += 1;
      }),
      { numRuns: 3_000 },
    );
    expect(taken).toBeGreaterThan(300);
  });

  test('of any event into which something was written', () => {
    const whole = Buffer.from(asGoWrites(auditEvent(1, { requestObject: { a: ['b', { c: 1.5 }], d: 'e"\\é' } })));
    const place = nat(whole.length - 1);
    assert(
      property(
        place,
        integer({ min: 0, max: 255 }),
        nat(MARKS.length - 1),
        constantFrom(...PIECES),
        (at, byte, mark, piece) => {
          for (const other of [byte, MARKS[mark] ?? 0]) {
            const changed = Buffer.from(whole);
            changed[at] = other;
            expectAgreement(changed);
          }
          expectAgreement(Buffer.concat([whole.subarray(0, at), Buffer.from(piece), whole.subarray(at)]));
          expectAgreement(Buffer.concat([whole.subarray(0, at), whole.subarray(at + 1)]));
        },
      ),
      { numRuns: 3_000 },
    );
  });

  test('of any object', () => {
    let taken = 0;
    assert(
      property(anything({ maxDepth: 4, withNullPrototype: false }), (value) => {
        const text = JSON.stringify(value) as string | undefined;
        if (text !== undefined && expectAgreement(withField('responseObject', text))) taken += 1;
      }),
      { numRuns: 1_000 },
    );
    expect(taken).toBeGreaterThan(300);
  });
});

test('no two names that are looked for have one signature', () => {
  const membersOf = (shape: Shape): number => {
    if (shape.is !== OBJECT) return 0;
    return [...shape.members.values()].reduce((sum, member) => sum + membersOf(member.shape), shape.members.size);
  };
  // 16 of an event, four of each of two users, three of a status.
  expect(membersOf(EVENT_SHAPE)).toBe(16 + 2 * 4 + 3);
});
