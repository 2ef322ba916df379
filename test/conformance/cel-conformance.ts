import { tests } from '@bufbuild/cel-spec/testdata/conformance.js';
import { celVariables } from '../../src/core/decision/cel/cel-variables.ts';
import { compileCondition } from '../../src/core/decision/cel/compile-condition.ts';
import { type CelJson, literalOf } from './cel-literal.ts';

/** One of cel-spec's tests, in protobuf's JSON (cel.expr.conformance.test.SimpleTest). */
interface SimpleTest {
  readonly name?: string;
  readonly expr: string;
  readonly container?: string;
  readonly bindings?: Readonly<Record<string, { readonly value?: CelJson }>>;
  readonly checkOnly?: boolean;
  readonly value?: CelJson;
  readonly typedResult?: { readonly result?: CelJson };
  readonly evalError?: unknown;
}

interface Suite {
  readonly name: string;
  readonly suites?: readonly Suite[];
  readonly tests?: readonly { readonly original: SimpleTest }[];
}

/** What one test came to through our own compileCondition. */
export type Verdict =
  | { readonly kind: 'Passed' }
  | { readonly kind: 'Failed'; readonly why: string }
  /** A condition over an admission review cannot ask this. */
  | { readonly kind: 'Skipped'; readonly why: string };

export interface FileResult {
  readonly file: string;
  readonly results: readonly { readonly name: string; readonly expr: string; readonly verdict: Verdict }[];
}

/** Every file of cel-spec's conformance tests, as a condition of a policy would meet it. */
export function runConformance(): FileResult[] {
  return ((tests as Suite).suites ?? []).map((suite) => ({
    file: suite.name,
    results: testsOf(suite, '').map(({ name, test }) => ({ name, expr: test.expr, verdict: verdictOn(test) })),
  }));
}

function testsOf(suite: Suite, prefix: string): { readonly name: string; readonly test: SimpleTest }[] {
  return [
    ...(suite.tests ?? []).map(({ original }) => ({
      name: `${prefix}${original.name ?? original.expr}`,
      test: original,
    })),
    ...(suite.suites ?? []).flatMap((inner) => testsOf(inner, `${prefix}${inner.name}/`)),
  ];
}

const PROTOBUF = /\b(TestAll|NestedTestAll|google\.protobuf|cel\.expr|proto\.|GlobalEnum|NestedEnum)/;
const NOTHING = celVariables({
  request: { userInfo: { username: 'alice' } },
  object: null,
  oldObject: null,
  namespaceObject: null,
  exec: null,
});

function verdictOn(test: SimpleTest): Verdict {
  const { expr, container = '', bindings = {}, evalError } = test;
  if (test.checkOnly === true) return skipped('what a type checker deduces');
  if (container !== '' || PROTOBUF.test(expr)) return skipped('protobuf messages');
  if (expr.includes('//')) return skipped('a comment that would hide what is asked of it');
  const value = test.value ?? test.typedResult?.result ?? { boolValue: true };
  const expected = literalOf(value);
  const bound = Object.entries(bindings).map(([name, { value: of }]) => [name, literalOf(of ?? {})] as const);
  if (bound.some(([name, literal]) => literal === undefined || !/^[a-z_][a-z0-9_]*$/i.test(name)))
    return skipped('variables of other shapes');
  if (evalError === undefined && expected === undefined) return skipped('a result that cannot be written down');
  const asked = evalError === undefined ? `(${expr}) == ${expected ?? ''}` : `dyn(${expr}) == null`;
  // Ours are the only variables that there are: a test's own are bound by a loop over one value.
  const condition = bound.reduce((inner, [name, literal]) => `[${literal ?? ''}].all(${name}, ${inner})`, asked);
  return evalError === undefined ? holds(condition) : isError(condition);
}

function holds(condition: string): Verdict {
  const compiled = compileCondition(condition);
  if (!compiled.ok) return failed(`refused: ${compiled.message}`);
  const result = compiled.evaluate(NOTHING);
  if (!result.ok) return failed(`error: ${result.reason}`);
  return result.value ? { kind: 'Passed' } : failed('another result');
}

/** Whether it is refused when the policy is applied or when it is evaluated, it never decides. */
function isError(condition: string): Verdict {
  const compiled = compileCondition(condition);
  return compiled.ok && compiled.evaluate(NOTHING).ok ? failed('no error') : { kind: 'Passed' };
}

function skipped(why: string): Verdict {
  return { kind: 'Skipped', why };
}

function failed(why: string): Verdict {
  return { kind: 'Failed', why };
}
