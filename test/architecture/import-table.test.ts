import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { checkImports } from './check-imports.ts';
import { findCycles } from './find-cycles.ts';
import { rooms } from './import-table.ts';
import { parseModule } from './parse-module.ts';
import { readModules } from './source-files.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const manifest = JSON.parse(readFileSync(`${root}/package.json`, 'utf8')) as { dependencies: Record<string, string> };
const dependencies = Object.keys(manifest.dependencies);

function problemsOf(path: string, text: string): string[] {
  return checkImports([parseModule(path, text)], dependencies);
}

describe('the import table', () => {
  const modules = readModules(root, ['src']);

  test('src is not empty', () => {
    expect(modules.length).toBeGreaterThan(5);
  });

  test('every file imports only what its room may', () => {
    expect(checkImports(modules, dependencies)).toEqual([]);
  });

  test('no files import each other in a circle', () => {
    expect(findCycles(modules)).toEqual([]);
  });

  test('a room is named once and imports rooms that exist', () => {
    const paths = rooms.map(({ path }) => path);
    expect(new Set(paths).size).toBe(paths.length);
    const known = [...paths, 'core', 'platform', 'audit/verify', 'audit/backtest', 'console/api.ts'];
    expect(rooms.flatMap(({ mayImport }) => mayImport).filter((path) => !known.includes(path))).toEqual([]);
  });
});

describe('the checker of the import table', () => {
  const fails: Record<string, [path: string, text: string, problem: RegExp]> = {
    'a file outside every room': ['src/util.ts', '', /in no room/],
    'a file of core outside its rooms': ['src/core/util.ts', '', /in no room/],
    'a room that is not in the table': ['src/dashboard/page.ts', '', /in no room/],
    'the webhook imports the gateway': [
      'src/webhook/a.ts',
      "import { b } from '../gateway/b.ts';",
      /webhook may not import src\/gateway\/b.ts/,
    ],
    'the webhook imports kube, as a type': [
      'src/webhook/a.ts',
      "import type { B } from '../platform/kube/b.ts';",
      /webhook may not import/,
    ],
    "the console's page imports its server": [
      'src/console/client/a.tsx',
      "import { b } from '../server/b.ts';",
      /console\/client may not import/,
    ],
    "the console's page imports what only Node has": [
      'src/console/client/a.tsx',
      "import { createHash } from 'node:crypto';",
      /no browser has node:crypto/,
    ],
    'a type import in the middle of the code': [
      'src/webhook/a.ts',
      "type B = import('../audit/b.ts').B;",
      /webhook may not import/,
    ],
    'a re-export': ['src/webhook/a.ts', "export { b } from '../audit/b.ts';", /webhook may not import/],
    'a dynamic import': ['src/webhook/a.ts', "await import('../audit/b.ts');", /webhook may not import/],
    'a dynamic import of a variable': ['src/webhook/a.ts', 'await import(name);', /only shows when it runs/],
    'core/api imports anything': ['src/core/api/a.ts', "import '../attributes/b.ts';", /core\/api may not import/],
    'a sibling whose name begins the same': ['src/cli/a.ts', "import '../audit/verify-all.ts';", /cli may not import/],
    'a port imports a value of core': ['src/ports/a.ts', "import { b } from '../core/api/b.ts';", /only types/],
    'somebody imports bin': ['src/cli/a.ts', "import '../bin/serve.ts';", /cli may not import/],
    'src imports a test helper': ['src/bin/a.ts', "import '../../test/harness/b.ts';", /outside src/],
    'a test imports tools': ['src/bin/a.test.ts', "import '../../tools/b.ts';", /outside src/],
    'src imports a test': ['src/bin/a.ts', "import './b.test.ts';", /imports the test/],
    'src imports a fake': ['src/bin/a.ts', "import '../ports/fake-clock.ts';", /the fake .* outside a test/],
    'the Kubernetes client elsewhere, as a type': [
      'src/controller/a.ts',
      "import type { V1Pod } from '@kubernetes/client-node';",
      /only be imported by platform\/kube/,
    ],
    'a deep import of a wrapped package': ['src/bin/a.ts', "import 'node-forge/lib/x509.js';", /only .* platform\/tls/],
    'CEL outside its folder': ['src/core/decision/a.ts', "import '@marcbachmann/cel-js';", /core\/decision\/cel/],
    'RE2 outside its folder': ['src/core/masking/a.ts', "import 're2js';", /core\/api/],
    'a package that only tests have': ['src/cli/a.ts', "import 'fast-check';", /not among the dependencies/],
    'process.env': ['src/cli/a.ts', 'process.env.HOME;', /process.env may only/],
    'process.env by another name': ['src/cli/a.ts', "globalThis.process['env'];", /process.env may only/],
    'process.env taken apart': ['src/cli/a.ts', 'const { env } = process;', /process.env may only/],
    'the process module': ['src/cli/a.ts', "import { env } from 'node:process';", /may only be imported by bin/],
    'a file read in core': ['src/core/api/a.ts', "import { readFileSync } from 'node:fs';", /pure room/],
    'a file read in core without node:': ['src/core/api/a.ts', "import 'fs';", /pure room/],
    'randomness of node:crypto in core': [
      'src/core/api/a.ts',
      "import { createHash, randomBytes } from 'node:crypto';",
      /randomBytes of node:crypto is not pure/,
    ],
    'all of node:crypto in core': ['src/core/api/a.ts', "import * as c from 'node:crypto';", /\* of node:crypto/],
    'node:vm in core, outside CEL': ['src/core/masking/a.ts', "import { Script } from 'node:vm';", /pure room/],
    'a network package in core': ['src/core/api/a.ts', "import 'commander';", /pure room/],
    'the clock in core': ['src/core/api/a.ts', 'const now = Date.now();', /Date.now is not pure/],
    'the clock in core by new Date()': ['src/core/api/a.ts', 'f(new Date());', /new Date\(\) is not pure/],
    'the clock in core as a function value': ['src/core/api/a.ts', 'f(Date.now);', /Date.now is not pure/],
    'a stopwatch in core': ['src/core/decision/cel/a.ts', 'performance.now();', /performance is not pure/],
    'randomness in core': ['src/core/api/a.ts', 'Math.random();', /Math.random is not pure/],
    'a timer in core': ['src/core/api/a.ts', 'setTimeout(f, 1);', /setTimeout is not pure/],
    'the process in core': ['src/core/api/a.ts', 'process.exit(1);', /process is not pure/],
    'a global by way of globalThis in core': ['src/core/api/a.ts', "globalThis.fetch('x');", /fetch is not pure/],
  };

  test.each(Object.entries(fails))('refuses: %s', (_, [path, text, problem]) => {
    expect(problemsOf(path, text).join('\n')).toMatch(problem);
  });

  const passes: Record<string, [path: string, text: string]> = {
    'its own room': ['src/webhook/a.ts', "import './gated-action/b.ts';"],
    'hashes in core': ['src/core/attributes/a.ts', "import { createHash, createHmac } from 'node:crypto';"],
    'a date from a number in core': ['src/core/api/a.ts', 'f(new Date(now)); Date.parse(text);'],
    'names that look like globals in core': [
      'src/core/api/a.ts',
      'const x = { process: 1, fetch() {} }; f(x.process, x.fetch()); interface A { process: string }',
    ],
    'node:vm for CEL': ['src/core/decision/cel/a.ts', "import { Script } from 'node:vm';"],
    'types of core in a port': ['src/ports/a.ts', "import type { B } from '../core/api/b.ts';"],
    'values of core in a fake': ['src/ports/fake-a.ts', "import { b } from '../core/api/b.ts';"],
    'a fake, a builder and vitest in a test': [
      'src/webhook/a.test.ts',
      "import '../ports/fake-clock.ts'; import '../../test/builders/b.ts'; import 'vitest'; Date.now();",
    ],
    'verify from the command line': ['src/cli/a.ts', "import '../audit/verify/b.ts';"],
    "Preact, core and the console's contract in its page": [
      'src/console/client/a.tsx',
      "import { render } from 'preact'; import '../../core/api/b.ts'; import type { C } from '../api.ts'; <a>{Date.now()}</a>;",
    ],
    'everything from bin': ['src/bin/a.ts', "import '../webhook/b.ts'; import '../platform/kube/c.ts';"],
    'the environment in config': ['src/platform/config/env.ts', 'process.env;'],
  };

  test.each(Object.entries(passes))('allows: %s', (_, [path, text]) => {
    expect(problemsOf(path, text)).toEqual([]);
  });

  test('finds circles, of types and of a file with itself too', () => {
    const circle = [
      parseModule('src/bin/a.ts', "import './b.ts';"),
      parseModule('src/bin/b.ts', "import type { C } from './c.ts'; import './d.ts';"),
      parseModule('src/bin/c.ts', "export { a } from './a.ts';"),
      parseModule('src/bin/d.ts', ''),
      parseModule('src/bin/e.ts', "import './e.ts'; import './d.ts';"),
    ];
    expect(findCycles(circle)).toEqual([['src/bin/a.ts', 'src/bin/b.ts', 'src/bin/c.ts'], ['src/bin/e.ts']]);
  });
});
