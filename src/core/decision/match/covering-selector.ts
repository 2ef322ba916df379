import {
  type LabelSelector,
  type LabelSelectorRequirement,
  parseRequirements,
  type SelectorOperator,
} from './label-selector.ts';

/**
 * What one key of a label set may be: absent or not, and, where present, one of `values` or anything but them.
 * Every selector is a conjunction of one such set a key, so that unions and intersections a key are exact.
 */
interface Allowed {
  readonly absent: boolean;
  readonly kind: 'only' | 'except';
  readonly values: ReadonlySet<string>;
}

const ANYTHING: Allowed = { absent: true, kind: 'except', values: new Set() };

/**
 * A selector that matches every label set which any of `selectors` matches, and as few others as one conjunction
 * can. The webhook configuration uses it: a namespace that it missed would not be gated. One selector is covered by
 * its equivalent. The result is canonical: equal meanings key by key give equal selectors.
 *
 * Throws RangeError for an empty list and TypeError for a selector that parseLabelSelector refuses.
 */
export function coveringSelector(selectors: readonly LabelSelector[]): LabelSelector {
  const parsed = selectors.map(allowedByKey);
  const [first] = parsed;
  if (first === undefined) throw new RangeError('coveringSelector needs at least one selector');
  const possible = parsed.filter((keys) => ![...keys.values()].some(isNothing));
  if (possible.length === 0) return rendered(first);
  const cover = new Map<string, Allowed>();
  // A key that some selector does not mention is open there, and so in the union.
  for (const key of new Set(possible.flatMap((keys) => [...keys.keys()])))
    cover.set(key, possible.map((keys) => keys.get(key) ?? ANYTHING).reduce(union));
  return rendered(cover);
}

function allowedByKey(selector: LabelSelector): ReadonlyMap<string, Allowed> {
  const parsed = parseRequirements(selector);
  if (!parsed.ok) throw new TypeError(`${parsed.path}: ${parsed.message}`);
  const keys = new Map<string, Allowed>();
  for (const { key, operator, values } of parsed.requirements)
    keys.set(key, intersection(keys.get(key) ?? ANYTHING, ALLOWED_BY[operator](values)));
  return keys;
}

const ALLOWED_BY: Record<SelectorOperator, (values: readonly string[]) => Allowed> = {
  In: (values) => ({ absent: false, kind: 'only', values: new Set(values) }),
  NotIn: (values) => ({ absent: true, kind: 'except', values: new Set(values) }),
  Exists: () => ({ absent: false, kind: 'except', values: new Set() }),
  DoesNotExist: () => ({ absent: true, kind: 'only', values: new Set() }),
};

function intersection(a: Allowed, b: Allowed): Allowed {
  const absent = a.absent && b.absent;
  if (a.kind === 'only' && b.kind === 'only') return { absent, kind: 'only', values: both(a.values, b.values) };
  if (a.kind === 'only') return { absent, kind: 'only', values: minus(a.values, b.values) };
  if (b.kind === 'only') return { absent, kind: 'only', values: minus(b.values, a.values) };
  return { absent, kind: 'except', values: either(a.values, b.values) };
}

function union(a: Allowed, b: Allowed): Allowed {
  const absent = a.absent || b.absent;
  if (a.kind === 'except' && b.kind === 'except') return { absent, kind: 'except', values: both(a.values, b.values) };
  if (a.kind === 'except') return { absent, kind: 'except', values: minus(a.values, b.values) };
  if (b.kind === 'except') return { absent, kind: 'except', values: minus(b.values, a.values) };
  return { absent, kind: 'only', values: either(a.values, b.values) };
}

function both(a: ReadonlySet<string>, b: ReadonlySet<string>): ReadonlySet<string> {
  return new Set([...a].filter((value) => b.has(value)));
}

function either(a: ReadonlySet<string>, b: ReadonlySet<string>): ReadonlySet<string> {
  return new Set([...a, ...b]);
}

function minus(a: ReadonlySet<string>, b: ReadonlySet<string>): ReadonlySet<string> {
  return new Set([...a].filter((value) => !b.has(value)));
}

function isNothing(allowed: Allowed): boolean {
  return !allowed.absent && allowed.kind === 'only' && allowed.values.size === 0;
}

function rendered(keys: ReadonlyMap<string, Allowed>): LabelSelector {
  const matchExpressions = [...keys]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([key, allowed]) => requirementsFor(key, allowed));
  return matchExpressions.length === 0 ? {} : { matchExpressions };
}

function requirementsFor(key: string, { absent, kind, values }: Allowed): LabelSelectorRequirement[] {
  const sorted = [...values].sort();
  if (kind === 'only') {
    if (!absent && sorted.length > 0) return [{ key, operator: 'In', values: sorted }];
    if (absent && sorted.length === 0) return [{ key, operator: 'DoesNotExist' }];
    // "Absent or one of these" has no operator: leave the key open, which only covers more.
    if (absent) return [];
    return [
      { key, operator: 'Exists' },
      { key, operator: 'DoesNotExist' },
    ];
  }
  const exists = absent ? [] : [{ key, operator: 'Exists' }];
  return sorted.length === 0 ? exists : [...exists, { key, operator: 'NotIn', values: sorted }];
}
