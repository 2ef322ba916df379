import { describe, expect, test } from 'vitest';
import { type LabelSelector, type Labels, parseLabelSelector } from './label-selector.ts';

function matches(selector: LabelSelector, labels: Labels): boolean {
  const parsed = parseLabelSelector(selector);
  if (!parsed.ok) throw new Error(parsed.message);
  return parsed.matches(labels);
}

const expression = (operator: string, ...values: string[]): LabelSelector => ({
  matchExpressions: [{ key: 'env', operator, ...(values.length === 0 ? {} : { values }) }],
});

test.each<[string, LabelSelector, Labels, boolean]>([
  ['an empty selector matches everything', {}, { a: 'b' }, true],
  ['an empty selector matches no labels', { matchLabels: {}, matchExpressions: [] }, {}, true],
  ['matchLabels match the same value', { matchLabels: { env: 'prod' } }, { env: 'prod', a: 'b' }, true],
  ['matchLabels do not match another value', { matchLabels: { env: 'prod' } }, { env: 'dev' }, false],
  ['matchLabels do not match an absent key', { matchLabels: { env: 'prod' } }, {}, false],
  ['the empty value is a value', { matchLabels: { env: '' } }, { env: '' }, true],
  ['the empty value is not an absent key', { matchLabels: { env: '' } }, {}, false],
  ['all matchLabels must hold', { matchLabels: { env: 'prod', a: 'b' } }, { env: 'prod' }, false],
  ['In matches a listed value', expression('In', 'dev', 'prod'), { env: 'prod' }, true],
  ['In does not match another value', expression('In', 'dev'), { env: 'prod' }, false],
  ['In does not match an absent key', expression('In', 'dev'), {}, false],
  ['NotIn does not match a listed value', expression('NotIn', 'prod'), { env: 'prod' }, false],
  ['NotIn matches another value', expression('NotIn', 'prod'), { env: 'dev' }, true],
  ['NotIn matches an absent key', expression('NotIn', 'prod'), {}, true],
  ['Exists matches any value', expression('Exists'), { env: '' }, true],
  ['Exists does not match an absent key', expression('Exists'), {}, false],
  ['DoesNotExist matches an absent key', expression('DoesNotExist'), { a: 'b' }, true],
  ['DoesNotExist does not match a present key', expression('DoesNotExist'), { env: '' }, false],
  ['labels and expressions must both hold', { matchLabels: { a: 'b' }, ...expression('Exists') }, { a: 'b' }, false],
  [
    'an inherited property is not a label',
    { matchExpressions: [{ key: 'constructor', operator: 'Exists' }] },
    {},
    false,
  ],
  [
    'a prefixed key',
    { matchLabels: { 'kubernetes.io/metadata.name': 'prod' } },
    { 'kubernetes.io/metadata.name': 'prod' },
    true,
  ],
])('%s', (_name, selector, labels, expected) => {
  expect(matches(selector, labels)).toBe(expected);
});

const key = (name: string): LabelSelector => ({ matchExpressions: [{ key: name, operator: 'Exists' }] });

describe('is refused', () => {
  test.each<[string, LabelSelector, string]>([
    ['In without values', expression('In'), 'matchExpressions[0].values'],
    ['NotIn without values', expression('NotIn'), 'matchExpressions[0].values'],
    ['Exists with values', expression('Exists', 'a'), 'matchExpressions[0].values'],
    ['DoesNotExist with values', expression('DoesNotExist', 'a'), 'matchExpressions[0].values'],
    ['an unknown operator', expression('Gt', '1'), 'matchExpressions[0].operator'],
    ['an operator in lower case', expression('in', 'a'), 'matchExpressions[0].operator'],
    ['an empty key', key(''), 'matchExpressions[0].key'],
    ['a key without a name', key('example.com/'), 'matchExpressions[0].key'],
    ['a key without a prefix', key('/app'), 'matchExpressions[0].key'],
    ['a key of three parts', key('a/b/c'), 'matchExpressions[0].key'],
    ['a prefix in upper case', key('Example.com/app'), 'matchExpressions[0].key'],
    ['a name of 64 characters', key('a'.repeat(64)), 'matchExpressions[0].key'],
    ['a prefix of 254 characters', key(`${'a'.repeat(254)}/a`), 'matchExpressions[0].key'],
    ['a name that ends in a dash', key('app-'), 'matchExpressions[0].key'],
    ['a value with a space', expression('In', 'a', 'b c'), 'matchExpressions[0].values'],
    ['a value of 64 characters', expression('In', 'a'.repeat(64)), 'matchExpressions[0].values'],
    ['a value that ends in a line feed', { matchLabels: { env: 'prod\n' } }, 'matchLabels["env"]'],
    ['an invalid key of matchLabels', { matchLabels: { 'a b': 'c' } }, 'matchLabels["a b"]'],
  ])('%s', (_name, selector, path) => {
    expect(parseLabelSelector(selector)).toEqual({ ok: false, path, message: expect.stringMatching(/./) });
  });
});
