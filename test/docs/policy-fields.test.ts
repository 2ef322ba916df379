import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { PolicySpec } from '../../src/core/api/kinds.ts';
import { notEnforcedYet } from '../../src/core/decision/supported.ts';

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
}

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

const rows = new Map(
  [...read('docs/policy.md').matchAll(/^\| `([^`]+)` \| (enforced|not yet) \|/gm)].map(([, path, state]) => [
    path ?? '',
    state ?? '',
  ]),
);

/** Things that the page shows as one: what is in them is Kubernetes' own. */
const WHOLE = /(Selector|[sS]ubjects|approvers|escalateTo)$/;

function fieldsOf(schema: Schema, path: string): string[] {
  const item = schema.items;
  if (item !== undefined) return WHOLE.test(path) ? [`${path}[]`] : fieldsOf(item, listPath(path, item));
  if (schema.properties === undefined || WHOLE.test(path)) return [path];
  return Object.entries(schema.properties).flatMap(([name, each]) =>
    fieldsOf(each, path === '' ? name : `${path}.${name}`),
  );
}

/** A list of strings is a field; only lists of objects, and those that are not enforced, are shown as lists. */
function listPath(path: string, item: Schema): string {
  return item.properties === undefined && path.startsWith('match.') ? path : `${path}[]`;
}

const minimal: PolicySpec = {
  match: {
    resourceRules: [{ apiGroups: [''], apiVersions: ['*'], operations: ['CONNECT'], resources: ['pods/exec'] }],
  },
  approval: { stages: [{ name: 'sre', approvers: [{ kind: 'Group', name: 'sre' }] }] },
};

/** A value for each field, other than its default. */
const VALUES: Readonly<Record<string, unknown>> = {
  mode: 'Audit',
  enforcement: 'GatewayOnly',
  'approval.requireReason': true,
  'approval.minAssurance': 'Console',
  'approval.separation': 'Strict',
  'grant.type': 'Window',
  'grant.binding': 'Scope',
};

function withField(path: string): PolicySpec {
  const spec = structuredClone(minimal);
  const names = path.split('.');
  let at = spec as unknown as Record<string, unknown>;
  for (const [index, name] of names.entries()) {
    const list = name.endsWith('[]');
    const key = name.replace('[]', '');
    const last = index === names.length - 1;
    const found = at[key] ?? (list ? [{}] : {});
    at[key] = last ? (VALUES[path] ?? (list ? ['x'] : '1m')) : found;
    at = (list ? (found as unknown[])[0] : found) as Record<string, unknown>;
  }
  return spec;
}

describe('docs/policy.md', () => {
  test('has a row for every field of the contract, and no other', () => {
    const crd = parse(read('crds/approvalpolicies.yaml'), { merge: true }) as {
      spec: { versions: { schema: { openAPIV3Schema: { properties: { spec: Schema } } } }[] };
    };
    const spec = crd.spec.versions[0]?.schema.openAPIV3Schema.properties.spec ?? {};
    expect([...rows.keys()].toSorted()).toEqual(fieldsOf(spec, '').toSorted());
  });

  const notYet = [...rows].filter(([, state]) => state === 'not yet').map(([path]) => path);
  test.each(notYet)('%s is refused, as it says', (path) => {
    expect(notEnforcedYet(minimal)).toEqual([]);
    expect(notEnforcedYet(withField(path)).length).toBe(1);
  });

  const enforced = [...rows].filter(([, state]) => state === 'enforced').map(([path]) => path);
  test.each(enforced)('%s is not refused for not being enforced', (path) => {
    expect(notEnforcedYet(withField(path))).toEqual([]);
  });
});
