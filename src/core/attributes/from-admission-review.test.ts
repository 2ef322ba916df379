import { describe, expect, test } from 'vitest';
import { admissionReview } from '../../../test/builders/admission-review.ts';
import { deployment } from '../../../test/builders/attributes.ts';
import { fromAdmissionReview } from './from-admission-review.ts';

const UID = '705ab4f5-6393-11e8-b7cc-42010a800002';

const write = (operation: string, fields: Record<string, unknown>) =>
  admissionReview({
    kind: { group: 'apps', version: 'v1', kind: 'Deployment' },
    resource: { group: 'apps', version: 'v1', resource: 'deployments' },
    subResource: undefined,
    name: 'web',
    operation,
    object: null,
    ...fields,
  });

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < depth; level += 1) value = { a: value };
  return value;
}

const withText = (json: string) => admissionReview({ object: JSON.parse(json) });
const without = (field: string) => {
  const { request, ...envelope } = admissionReview();
  return { ...envelope, request: Object.fromEntries(Object.entries(request).filter(([key]) => key !== field)) };
};

describe('[R1] what is no review that a kube-apiserver made is a problem, with the uid where there is one', () => {
  test.each<[string, unknown, string | undefined]>([
    ['{}', {}, undefined],
    ['null', null, undefined],
    ['[]', [], undefined],
    ['a string', 'AdmissionReview', undefined],
    ['no request', { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview' }, undefined],
    ['request null', admissionReview({}, { request: null }), undefined],
    ['no uid', without('uid'), undefined],
    ['an empty uid', admissionReview({ uid: '' }), undefined],
    ['a uid of 129 characters', admissionReview({ uid: 'u'.repeat(129) }), undefined],
    ['a uid that is a number', admissionReview({ uid: 1 }), undefined],
    ['v1beta1', admissionReview({}, { apiVersion: 'admission.k8s.io/v1beta1' }), UID],
    ['an unknown kind', admissionReview({}, { kind: 'ConversionReview' }), UID],
    ['a response echoed back', admissionReview({}, { response: { uid: UID, allowed: true } }), UID],
    [
      'a response instead of a request',
      { ...admissionReview(), request: undefined, response: { uid: UID, allowed: true } },
      undefined,
    ],
    ['an operation in lower case', admissionReview({ operation: 'connect' }), UID],
    ['an unknown operation', admissionReview({ operation: '*' }), UID],
    ['no operation', without('operation'), UID],
    ['CONNECT with the object of a DELETE', admissionReview({ object: null, oldObject: deployment() }), UID],
    ['CONNECT with an old object', admissionReview({ oldObject: {} }), UID],
    ['CONNECT without a subresource', without('subResource'), UID],
    ['CONNECT as a dry run', admissionReview({ dryRun: true }), UID],
    ['CONNECT with an empty name', admissionReview({ name: '' }), UID],
    ['CREATE without an object', write('CREATE', {}), UID],
    ['CREATE with an old object', write('CREATE', { object: deployment(), oldObject: deployment() }), UID],
    ['UPDATE without an object', write('UPDATE', { oldObject: deployment() }), UID],
    ['UPDATE without an old object', write('UPDATE', { object: deployment() }), UID],
    ['DELETE with an object', write('DELETE', { object: deployment(), oldObject: deployment() }), UID],
    ['another namespace in the object', write('CREATE', { namespace: 'dev', object: deployment() }), UID],
    ['another namespace in the old object', write('DELETE', { namespace: 'dev', oldObject: deployment() }), UID],
    ['a namespaced object without a namespace', write('CREATE', { namespace: '', object: deployment() }), UID],
    ['no username', admissionReview({ userInfo: { groups: [] } }), UID],
    ['an empty username', admissionReview({ userInfo: { username: '' } }), UID],
    ['no userInfo', without('userInfo'), UID],
    ['groups that are a string', admissionReview({ userInfo: { username: 'a', groups: 'system:masters' } }), UID],
    ['extra that is no list', admissionReview({ userInfo: { username: 'a', extra: { k: 'v' } } }), UID],
    ['no resource', without('resource'), UID],
    ['an empty resource', admissionReview({ resource: { group: '', version: 'v1', resource: '' } }), UID],
    ['an object that is a list', admissionReview({ object: [] }), UID],
    ['an object that is a string', admissionReview({ object: '{}' }), UID],
    ['dryRun that is a string', admissionReview({ dryRun: 'false' }), UID],
    ['a number that is no number', withText('{"a":1e999}'), UID],
    ['a lone surrogate', withText(String.raw`{"a":"\ud800"}`), UID],
    ['a lone surrogate in a key', withText(String.raw`{"\ud800":1}`), UID],
    ['a lone surrogate in a name', admissionReview({ name: 'a\ud800' }), UID],
    ['nesting of 4,999', admissionReview({ object: nested(4999) }), UID],
    ['nesting of 10,001', admissionReview({ object: nested(10_001) }), UID],
  ])('%s', (_, body, uid) => {
    const review = fromAdmissionReview(body);
    expect(review).toMatchObject({ ok: false, uid });
    expect(review.ok ? '' : review.problem).toMatch(/^[\w.,]+( [\w.,]+)*: ./);
  });
});

test('a key that the caller chose does not stand in the problem', () => {
  const extra = { '\u001B]0;title\u0007': 'no list' };
  expect(fromAdmissionReview(admissionReview({ userInfo: { username: 'a', extra } }))).toMatchObject({
    problem: 'request.userInfo.extra: Invalid input: expected array, received string',
  });
});

const attributesOf = (body: unknown) => {
  const review = fromAdmissionReview(body);
  if (!review.ok) throw new Error(review.problem);
  return review.attributes;
};

describe('what a review says', () => {
  test('is read as it stands', () => {
    expect(fromAdmissionReview(admissionReview())).toEqual({
      ok: true,
      uid: UID,
      attributes: {
        user: { username: 'alice', uid: 'u-alice', groups: ['developers'], extra: { scopes: ['a'] } },
        operation: 'CONNECT',
        group: '',
        version: 'v1',
        resource: 'pods',
        subresource: 'exec',
        kind: 'PodExecOptions',
        namespace: 'prod',
        name: 'web-0',
        object: { kind: 'PodExecOptions', apiVersion: 'v1', stdout: true, stderr: true, command: ['ls'] },
        oldObject: null,
        options: null,
        dryRun: false,
      },
    });
  });

  test('dryRun true is kept', () => {
    expect(attributesOf(write('CREATE', { object: deployment(), dryRun: true })).dryRun).toBe(true);
  });

  test('a group of the caller is only a group', () => {
    expect(attributesOf(admissionReview({ userInfo: { username: 'a', groups: ['system:masters'] } })).user).toEqual({
      username: 'a',
      groups: ['system:masters'],
      extra: {},
    });
  });

  test('an empty name of a CREATE is none', () => {
    expect(attributesOf(write('CREATE', { name: '', object: deployment() }))).not.toHaveProperty('name');
  });

  test('a key named __proto__ is data', () => {
    const { object } = attributesOf(withText('{"__proto__":{"command":["id"]},"a":1}'));
    expect(Object.keys(object ?? {})).toEqual(['__proto__', 'a']);
    expect(Object.getPrototypeOf(object)).toBe(Object.prototype);
  });

  test('nesting of 200 is read', () => {
    expect(fromAdmissionReview(admissionReview({ object: nested(200) })).ok).toBe(true);
  });
});
