import { describe, expect, test } from 'vitest';
import type { AuditEvent } from '../../core/evidence/audit-event.ts';
import { eventKey } from '../../core/evidence/event-key.ts';
import { auditEvent, eventListOf } from '../../../test/builders/audit-events.ts';
import { type ReadEvent, readEvent } from './read-event.ts';
import { CUT_ANNOTATION } from '../../core/attributes/cut-note.ts';
import { splitEventList } from './split-event-list.ts';

const RECEIVED = '2026-11-21T12:00:00.000Z';
const LIMITS = { maxBytes: 200_000, maxDepth: 256, maxValues: 20_000 };

function read(json: string | Buffer): ReadEvent {
  const [head = '', tail = ''] = eventListOf(['|']).split('|');
  const body = Buffer.concat([Buffer.from(head), Buffer.from(json), Buffer.from(tail)]);
  const list = splitEventList(body, 10);
  const item = list.ok ? list.items[0] : undefined;
  if (item === undefined) throw new Error('no item');
  return readEvent(body, item, LIMITS, RECEIVED);
}

/** An event with one more field, as text. */
function withField(name: string, json: string): string {
  return JSON.stringify(auditEvent()).replace('{', `{"${name}":${json},`);
}

/** An event with a text of these bytes. */
function withBytes(name: string, bytes: Buffer): Buffer {
  const [before = '', after = ''] = withField(name, '"|"').split('|');
  return Buffer.concat([Buffer.from(before), bytes, Buffer.from(after)]);
}

function note(event: AuditEvent): Record<string, unknown> {
  return JSON.parse(event.annotations?.[CUT_ANNOTATION] ?? '{}') as Record<string, unknown>;
}

describe('an event is kept as it came', () => {
  test.each<[string, string]>([
    ['at level Metadata', JSON.stringify(auditEvent())],
    ['with fields that we do not know', withField('authenticationMetadata', '{"impersonationConstraint":"a"}')],
    ['with numbers that no double holds', withField('requestObject', '{"a":9007199254740993,"b":1e999,"c":-0}')],
    ['with half a surrogate pair', withField('requestObject', '{"a":"\\ud800"}')],
    [
      'with a key named __proto__',
      withField('requestObject', '{"__proto__":{"approved":true},"constructor":{"prototype":{}}}'),
    ],
    ['with escapes and other alphabets', withField('requestObject', '{"a":"\\u0041\\n \u202e Ünï \u{1f600}"}')],
    ['as deep as it may be', withField('requestObject', '['.repeat(255) + ']'.repeat(255))],
    ['without a username', JSON.stringify(auditEvent(1, { user: {} }))],
    ['of a user with no groups', JSON.stringify(auditEvent(1, { user: { username: 'a' } }))],
    [
      'with as many values as it may have',
      withField('requestObject', JSON.stringify(Array.from({ length: 9_900 }, () => 0))),
    ],
  ])('%s', (_, json) => {
    const { event, id, cut, json: kept } = read(json);
    expect(cut).toBeUndefined();
    expect(kept).toBe(json);
    expect(event).toEqual(JSON.parse(json));
    expect(id).toBe(`event/${eventKey(event)}`);
  });
});

test('a user that is too long is cut to a name', () => {
  const groups = Array.from({ length: 2_000 }, (_, at) => `group-${at}-of-many`);
  const user = { username: 'alice', uid: 'u1', groups };
  const impersonatedUser = { username: 'bob', groups };
  const nested: unknown = JSON.parse('['.repeat(300) + ']'.repeat(300));
  const { event, cut } = read(JSON.stringify(auditEvent(1, { user, impersonatedUser, requestObject: nested })));
  expect(cut).toBe('TooDeep');
  expect(event).toMatchObject({ user: { username: 'alice', uid: 'u1' }, impersonatedUser: { username: 'bob' } });
  expect(event.user.groups).toBeUndefined();
  expect(note(event)['missing']).toEqual(expect.arrayContaining(['user', 'impersonatedUser']));
});

describe('an event is written anew', () => {
  test.each<[string, string | Buffer, (event: AuditEvent) => unknown, unknown]>([
    ['where a key stands twice: the last counts', withField('verb', '"get"'), ({ verb }) => verb, 'patch'],
    [
      'where a key stands twice deep within',
      withField('requestObject', '{"a":{"b":1,"b":2}}'),
      ({ requestObject }) => requestObject,
      { a: { b: 2 } },
    ],
    ['where a line breaks', withField('requestObject', '{"a":\r\n1}'), ({ requestObject }) => requestObject, { a: 1 }],
  ])('%s', (_, json, part, expected) => {
    const { event, cut, json: kept = '' } = read(json);
    expect(cut).toBeUndefined();
    expect(kept).not.toContain('\n');
    expect(kept).toBe(JSON.stringify(event));
    expect(part(event)).toEqual(expected);
  });

  test('where bytes are no UTF-8: they are U+FFFD, in the text as in the event', () => {
    const { event, cut, json } = read(withBytes('requestObject', Buffer.from([0xc3, 0x28, 0xff])));
    expect(cut).toBeUndefined();
    expect(event.requestObject).toBe('\ufffd(\ufffd');
    expect(JSON.parse(json ?? '')).toEqual(event);
  });
});

describe('a stub stands for an event', () => {
  const identity = {
    auditID: auditEvent().auditID,
    verb: 'patch',
    user: auditEvent().user,
    objectRef: auditEvent().objectRef,
  };

  test.each<[string, string | Buffer, string, readonly string[]]>([
    ['that is too long', withField('requestObject', `"${'x'.repeat(200_000)}"`), 'TooLong', ['requestObject']],
    [
      'that is deeper than JSON.stringify survives',
      withField('requestObject', '['.repeat(9_999) + ']'.repeat(9_999)),
      'TooDeep',
      ['requestObject'],
    ],
    [
      'that is deep enough to end any recursion',
      withField('responseObject', '{"a":'.repeat(30_000) + '1' + '}'.repeat(30_000)),
      'TooDeep',
      ['responseObject'],
    ],
    [
      'of very many small values',
      withField('requestObject', JSON.stringify(Array.from({ length: 50_000 }, () => 0))),
      'TooManyValues',
      ['requestObject'],
    ],
    ['that is no JSON within', withField('requestObject', '{"a":tru}'), 'NotJson', ['requestObject']],
    ['whose number is none', withField('requestObject', 'NaN'), 'NotJson', ['requestObject']],
    ['of a stage that there is not', JSON.stringify(auditEvent(1, { stage: 'Later' })), 'NotAnEvent', ['stage']],
    ['of a level that there is not', JSON.stringify(auditEvent(1, { level: 'None' })), 'NotAnEvent', ['level']],
    ['without a URI', JSON.stringify(auditEvent(1, { requestURI: undefined })), 'NotAnEvent', []],
    [
      'whose annotations are no text',
      JSON.stringify(auditEvent(1, { annotations: { a: 1 } })),
      'NotAnEvent',
      ['annotations'],
    ],
    [
      'whose code is no number',
      JSON.stringify(auditEvent(1, { responseStatus: { code: '200' } })),
      'NotAnEvent',
      ['responseStatus'],
    ],
    ['whose sources are no list', JSON.stringify(auditEvent(1, { sourceIPs: 'a' })), 'NotAnEvent', ['sourceIPs']],
    ['whose time is none', JSON.stringify(auditEvent(1, { stageTimestamp: 'now' })), 'NotAnEvent', ['stageTimestamp']],
    [
      'whose U+FFFD would make it too long',
      withBytes('requestObject', Buffer.alloc(190_000, 0xff)),
      'TooLong',
      ['requestObject'],
    ],
    [
      'that JSON.stringify would make too long',
      withField('requestObject', `{"a":0,"a":[${'1e20,'.repeat(15_000)}0]}`),
      'TooLong',
      ['requestObject'],
    ],
  ])('%s, with all that can be kept of it', (_, json, why, missing) => {
    const { event, cut, id } = read(json);
    expect(cut).toBe(why);
    expect(event).toMatchObject(identity);
    expect(note(event)).toMatchObject({
      why,
      missing,
      bytes: Buffer.byteLength(json),
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(JSON.stringify(event).length).toBeLessThan(10_000);
    expect(read(json).id).toBe(id);
  });

  test.each<[string, string]>([
    ['null', 'null'],
    ['a number', '1'],
    ['a list', '[{}]'],
    ['an empty object', '{}'],
    ['an object whose user is a text', '{"user":"alice"}'],
    ['an object whose user is a list', '{"user":[]}'],
    ['brackets that do not match', '{"a":[}]'],
  ])('that is none at all: %s; the same one when it comes again', (_, json) => {
    const { event, cut, id } = read(json);
    expect(cut === 'NotAnEvent' || cut === 'NotJson').toBe(true);
    expect(event).toMatchObject({ auditID: '', user: {}, verb: '', stageTimestamp: RECEIVED });
    expect(id).toMatch(/^event\/[0-9a-f]{32}$/);
    expect(read(json).id).toBe(id);
    expect(id).not.toBe(read('{"other":1}').id);
  });

  test('an event known by all that makes it the same has the same id, whole or not', () => {
    const whole = read(JSON.stringify(auditEvent()));
    const long = read(withField('requestObject', `"${'x'.repeat(200_000)}"`));
    expect(long.id).toBe(whole.id);
  });

  test('a URI longer than a field may be is left out, and the id is that of the bytes', () => {
    const long = (mark: string) => JSON.stringify(auditEvent(1, { requestURI: `/${mark.repeat(250_000)}` }));
    const [a, b] = [read(long('a')), read(long('b'))];
    expect([a.cut, a.event.requestURI, a.event.auditID]).toEqual(['TooLong', '', auditEvent().auditID]);
    expect(a.id).not.toBe(b.id);
  });

  test('nobody writes the note into an event that is whole by naming a field so', () => {
    const { event } = read('{"__proto__":{"user":{"username":"mallory"}},"auditID":"a"}');
    expect(event.user).toEqual({});
    expect(Object.getPrototypeOf(event)).toBe(Object.prototype);
  });
});
