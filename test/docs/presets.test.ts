import { globSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import type { ApprovalPolicy } from '../../src/core/api/kinds.ts';
import { createPolicyCompiler } from '../../src/core/decision/compile.ts';
import { PRESET_CASES } from '../e2e/harness/preset-cases.ts';

const root = new URL('../../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8');

const files = globSync('examples/policies/*', { cwd: root }).map((path) => path.replace(/^.*\//, ''));
const page = read('docs/presets.md');
const compile = createPolicyCompiler();

interface Document {
  readonly kind: string;
  readonly metadata: { readonly name: string };
}

const documentsOf = (file: string) =>
  parseAllDocuments(read(`examples/policies/${file}`)).map((document) => {
    expect(document.errors).toEqual([]);
    return document.toJS() as Document;
  });
const policiesOf = (file: string) =>
  documentsOf(file).filter((document): document is Document & ApprovalPolicy => document.kind === 'ApprovalPolicy');

describe.each(files)('examples/policies/%s', (file) => {
  test('compiles, and gates something', () => {
    const policies = policiesOf(file);
    expect(policies.length).toBeGreaterThan(0);
    for (const policy of policies) {
      const compiled = compile({ ...policy, spec: structuredClone(policy.spec) });
      expect('problems' in compiled ? compiled.problems : []).toEqual([]);
      expect(compiled.rules.length).toBeGreaterThan(0);
    }
  });

  test('has nothing in it but policies, and admission policies that deny nothing', () => {
    for (const document of documentsOf(file)) {
      expect(['ApprovalPolicy', 'ValidatingAdmissionPolicy', 'ValidatingAdmissionPolicyBinding']).toContain(
        document.kind,
      );
      if (document.kind === 'ValidatingAdmissionPolicyBinding')
        expect(document).toMatchObject({ spec: { validationActions: ['Warn', 'Audit'] } });
    }
  });

  test('says what to change and what it does not cover', () => {
    const comment = /^(?:#.*\n)+/.exec(read(`examples/policies/${file}`))?.[0] ?? '';
    expect(comment).toMatch(/^# Change: /m);
    expect(comment).toMatch(/^# Not covered: /m);
  });

  test('stands in the index with its policies, and has a case on the real cluster', () => {
    const row = page.split('\n').find((line) => line.startsWith(`| [${file}](../examples/policies/${file}) |`)) ?? '';
    for (const { metadata } of policiesOf(file)) expect(row).toContain(`\`${metadata.name ?? ''}\``);
    expect(PRESET_CASES[file]?.deeds.length).toBeGreaterThan(0);
    expect(Object.keys(PRESET_CASES[file]?.free ?? {}).length).toBeGreaterThan(0);
  });
});

test('what asks for changes of policies is applied last of the folder', () => {
  expect(files.toSorted().at(-1)).toBe('zz-policy-changes.yaml');
});

test('no two presets, and no example, have a policy of one name', () => {
  const names = files.flatMap((file) => policiesOf(file).map(({ metadata }) => metadata.name));
  expect(new Set(names).size).toBe(names.length);
  expect(names).not.toContain('production-exec');
});

test('the index and the cases name no preset that is not there', () => {
  const indexed = [...page.matchAll(/^\| \[([^\]]+)\]\(\.\.\/examples\/policies\//gm)].map(([, file]) => file);
  expect(new Set(indexed)).toEqual(new Set(files));
  expect(indexed).toHaveLength(files.length);
  expect(new Set(Object.keys(PRESET_CASES))).toEqual(new Set(files));
});
