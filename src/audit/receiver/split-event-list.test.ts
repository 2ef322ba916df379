import { array, assert, boolean, integer, jsonValue, nat, property } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { auditEvent, eventList, eventListOf } from '../../../test/builders/audit-events.ts';
import { type ItemRange, membersOf, splitEventList } from './split-event-list.ts';

const HEAD = '"kind":"EventList","apiVersion":"audit.k8s.io/v1"';

function texts(body: Buffer): readonly string[] | string {
  const list = splitEventList(body, 100);
  return list.ok ? list.items.map(({ start, end }) => body.toString('utf8', start, end)) : list.problem;
}

describe('splitting a list of events', () => {
  test.each<[string, string, readonly string[] | string]>([
    ['as Go writes it', eventListOf(['{"a":1}', '{"b":"]}"}']), ['{"a":1}', '{"b":"]}"}']],
    ['with space everywhere', ` { ${HEAD} , "items" : [ {"a" : 1} , {} ] } `, ['{"a" : 1}', '{}']],
    ['items first', `{"items":[{}],${HEAD}}`, ['{}']],
    ['no items', `{${HEAD}}`, []],
    ['an empty list', eventListOf([]), []],
    ['an empty list as Go knows it', `{${HEAD},"items":null}`, []],
    ['an escaped quote before a bracket', eventListOf(['{"a":"\\"]"}']), ['{"a":"\\"]"}']],
    ['what is no event', eventListOf(['null', '1', '"a,]"', '[]']), ['null', '1', '"a,]"', '[]']],
    ['an item that is no JSON, which is its own affair', eventListOf(['{"a":tru}', '{}']), ['{"a":tru}', '{}']],
    ['brackets that do not match', eventListOf(['{]', '{}']), ['{]', '{}']],
    ['nothing', '', 'not JSON'],
    ['a byte order mark', `\uFEFF{${HEAD}}`, 'not JSON'],
    ['null', 'null', 'not JSON'],
    ['a list', '[]', 'not JSON'],
    ['an object without a kind', '{}', 'not an EventList of audit.k8s.io/v1'],
    [
      'another kind',
      '{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1"}',
      'not an EventList of audit.k8s.io/v1',
    ],
    [
      'an older version',
      '{"kind":"EventList","apiVersion":"audit.k8s.io/v1beta1","items":[]}',
      'not an EventList of audit.k8s.io/v1',
    ],
    ['items that are no list', `{${HEAD},"items":{"a":{}}}`, 'its items are no list of events'],
    ['items behind an escape', `{${HEAD},"it\\u0065ms":[{}]}`, 'its items are no list of events'],
    ['items twice', `{${HEAD},"items":[{}],"items":[{}]}`, 'items stands twice'],
    ['an end in the middle of an item', `{${HEAD},"items":[{"a":1},{"b":`, 'not JSON'],
    ['an end in the middle of a string', `{${HEAD},"items":[{"a":"`, 'not JSON'],
    ['an end behind a backslash', `{${HEAD},"items":["\\`, 'not JSON'],
    ['an end behind the items', `{${HEAD},"items":[{}]`, 'not JSON'],
    ['a comma too many', `{${HEAD},"items":[{},]}`, 'not JSON'],
    ['no comma', `{${HEAD},"items":[{}{}]}`, 'not JSON'],
    ['something behind the end', `{${HEAD},"items":[{}]}x`, 'not JSON'],
    ['a comma at the end', `{${HEAD},}`, 'not JSON'],
    ['a key without a value', `{${HEAD},"a":}`, 'not JSON'],
    ['a key that is no string', `{1:2,${HEAD}}`, 'not JSON'],
    [
      'more events than may be',
      eventListOf(Array.from({ length: 101 }, () => '{}')),
      'more than 100 events in one list',
    ],
  ])('%s', (_, body, expected) => {
    expect(texts(Buffer.from(body))).toEqual(expected);
  });

  test.each<[string, string, Partial<ItemRange>]>([
    ['how deep it nests', '{"a":[[{"b":{}}]]}', { depth: 5 }],
    ['that brackets in strings are none', '{"a":"[[[[{{{{"}', { depth: 1 }],
    ['each member of each object', '{"a":{"b":1,"c":":"},"a":2}', { members: 4 }],
    ['a line break between values', '{"a":\n1}', { broken: true }],
    ['that an escaped line break is none', '{"a":"\\n"}', { broken: false }],
  ])('sees %s', (_, item, expected) => {
    const list = splitEventList(Buffer.from(eventListOf([item])), 100);
    expect(list.ok && list.items[0]).toMatchObject(expected);
  });

  test('a million small values are counted before anything parses them', () => {
    const list = splitEventList(Buffer.from(eventListOf([`[${'0,'.repeat(1_000_000)}0]`])), 100);
    expect(list.ok && (list.items[0]?.values ?? 0)).toBeGreaterThan(1_000_000);
  });

  test('finds what JSON.parse finds in any list of any values', () => {
    assert(
      property(array(jsonValue(), { maxLength: 20 }), boolean(), (items, pretty) => {
        const body = { kind: 'EventList', apiVersion: 'audit.k8s.io/v1', metadata: {}, items };
        const found = texts(Buffer.from(JSON.stringify(body, undefined, pretty ? 2 : undefined)));
        expect(typeof found === 'string' ? found : found.map((text): unknown => JSON.parse(text))).toEqual(
          JSON.parse(JSON.stringify(items)),
        );
      }),
      { numRuns: 500 },
    );
  });

  test('any other bytes are refused or split, and never throw', () => {
    const whole = Buffer.from(eventList([auditEvent(1), auditEvent(2)]));
    assert(
      property(nat(whole.length - 1), integer({ min: 0, max: 255 }), nat(whole.length), (at, byte, end) => {
        const changed = Buffer.from(whole);
        changed[at] = byte;
        for (const body of [changed, changed.subarray(0, end)]) {
          const found = texts(body);
          expect(typeof found === 'string' || found.length <= 2).toBe(true);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

test('the members of an item are found without parsing it; the last of a name counts', () => {
  const text = '{ "a" : {"b":[1]} ,"c": tru, "a":2, "d":"x" ';
  const bytes = Buffer.from(text);
  const item = { start: 0, end: bytes.length, depth: 3, values: 0, members: 0, broken: false };
  const found = [...membersOf(bytes, item)].map(([name, { start, end }]) => [name, text.slice(start, end)]);
  expect(found).toEqual([
    ['a', '2'],
    ['c', 'tru'],
    ['d', '"x"'],
  ]);
});
