import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { coveringSelector } from './covering-selector.ts';
import { type LabelSelector, type Labels, parseLabelSelector } from './label-selector.ts';

const prod: LabelSelector = { matchLabels: { env: 'prod' } };
const staging: LabelSelector = { matchLabels: { env: 'staging' } };
const requirement = (operator: string, ...values: string[]): LabelSelector => ({
  matchExpressions: [{ key: 'env', operator, ...(values.length > 0 ? { values } : {}) }],
});

test.each<[string, LabelSelector[], LabelSelector]>([
  ['values of a key in all selectors are joined', [staging, prod], requirement('In', 'prod', 'staging')],
  ['a key that one selector leaves open is dropped', [prod, {}], {}],
  ['different keys are dropped', [prod, { matchLabels: { team: 'a' } }], {}],
  [
    'a requirement in all is kept',
    [{ matchLabels: { env: 'prod', team: 'a' } }, { matchLabels: { team: 'a' } }],
    { matchExpressions: [{ key: 'team', operator: 'In', values: ['a'] }] },
  ],
  [
    'NotIn keeps what all exclude',
    [requirement('NotIn', 'a', 'b'), requirement('NotIn', 'b', 'c')],
    requirement('NotIn', 'b'),
  ],
  [
    'In takes its values out of NotIn',
    [requirement('NotIn', 'a', 'b'), requirement('In', 'b')],
    requirement('NotIn', 'a'),
  ],
  ['In and Exists give Exists', [prod, requirement('Exists')], requirement('Exists')],
  ['Exists and DoesNotExist leave the key open', [requirement('Exists'), requirement('DoesNotExist')], {}],
  ['In and DoesNotExist leave the key open', [prod, requirement('DoesNotExist')], {}],
  [
    'a selector that matches nothing adds nothing',
    [prod, { ...prod, ...requirement('DoesNotExist') }],
    requirement('In', 'prod'),
  ],
])('%s', (_name, selectors, cover) => {
  expect(coveringSelector(selectors)).toEqual(cover);
  expect(coveringSelector(selectors.toReversed())).toEqual(cover);
});

test('an empty list and an invalid selector are errors, not a selector that matches nothing', () => {
  expect(() => coveringSelector([])).toThrow(RangeError);
  expect(() => coveringSelector([requirement('In')])).toThrow(TypeError);
});

const key = fc.constantFrom('env', 'team', 'tier');
const value = fc.constantFrom('a', 'b', 'c', '');
const values = fc.uniqueArray(value, { minLength: 1, maxLength: 3 });
const anySelector: fc.Arbitrary<LabelSelector> = fc.record({
  matchLabels: fc.dictionary(key, value, { maxKeys: 2, noNullPrototype: true }),
  matchExpressions: fc.array(
    fc.oneof(
      fc.record({ key, operator: fc.constantFrom('In', 'NotIn'), values }),
      fc.record({ key, operator: fc.constantFrom('Exists', 'DoesNotExist') }),
    ),
    { maxLength: 3 },
  ),
});
const anyLabels: fc.Arbitrary<Labels> = fc.dictionary(key, value, { noNullPrototype: true });

function matches(selector: LabelSelector, labels: Labels): boolean {
  const parsed = parseLabelSelector(selector);
  if (!parsed.ok) throw new Error(`${parsed.path}: ${parsed.message}`);
  return parsed.matches(labels);
}

test('the cover matches whatever any of the selectors matches', () => {
  const property = fc.property(
    fc.array(anySelector, { minLength: 1, maxLength: 4 }),
    anyLabels,
    (selectors, labels) => {
      const cover = coveringSelector(selectors);
      return !selectors.some((selector) => matches(selector, labels)) || matches(cover, labels);
    },
  );
  expect(() => fc.assert(property, { numRuns: 3000 })).not.toThrow();
});

test('the cover of one selector is equivalent to it', () => {
  const property = fc.property(
    anySelector,
    anyLabels,
    (selector, labels) => matches(coveringSelector([selector]), labels) === matches(selector, labels),
  );
  expect(() => fc.assert(property, { numRuns: 3000 })).not.toThrow();
});
