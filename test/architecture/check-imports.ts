import { isBuiltin } from 'node:module';
import { posix } from 'node:path';
import { environmentReader, purity, type Room, rooms, testHelpers, wrappedPackages } from './import-table.ts';
import type { ImportRecord, SourceModule } from './parse-module.ts';

/** Every break of the import table in files below `src`, as `path:line: what is wrong`. */
export function checkImports(modules: readonly SourceModule[], dependencies: readonly string[]): string[] {
  return modules
    .filter(({ path }) => path.startsWith('src/'))
    .flatMap((module) => {
      const room = roomOf(module.path);
      if (room === undefined) return [`${module.path}: stands in no room of the import table`];
      const fromImports = module.imports.flatMap((record) =>
        checkImport(module, room, record, dependencies).map((problem) => at(module, record.line, problem)),
      );
      const fromUses = module.uses.flatMap(({ what, line }) =>
        checkUse(module, room, what).map((problem) => at(module, line, problem)),
      );
      return [...fromImports, ...fromUses];
    });
}

export function isTest(path: string): boolean {
  return path.endsWith('.test.ts') || path.startsWith('test/');
}

export function isFake(path: string): boolean {
  return posix.basename(path).startsWith('fake-');
}

/** The file that a relative import means; undefined for a package. */
export function resolveImport(from: string, specifier: string | undefined): string | undefined {
  if (specifier === undefined || !specifier.startsWith('.')) return undefined;
  return posix.join(posix.dirname(from), specifier);
}

function checkImport(
  module: SourceModule,
  room: Room,
  record: ImportRecord,
  dependencies: readonly string[],
): string[] {
  if (record.specifier === undefined) return ['imports something that only shows when it runs'];
  const target = resolveImport(module.path, record.specifier);
  return target === undefined
    ? checkPackage(module, room, record, record.specifier, dependencies)
    : checkFile(module, room, record, target);
}

function checkFile(module: SourceModule, room: Room, { typeOnly }: ImportRecord, target: string): string[] {
  const test = isTest(module.path);
  if (!target.startsWith('src/')) {
    if (test && testHelpers.some((folder) => isInside(target, folder))) return [];
    return [`imports ${target}, which is outside src`];
  }
  const problems: string[] = [];
  if (isTest(target)) problems.push(`imports the test ${target}`);
  if (isFake(target) && !test && !isFake(module.path)) problems.push(`imports the fake ${target} outside a test`);
  const folder = target.slice('src/'.length);
  if (!isInside(folder, room.path)) {
    if (!room.mayImport.some((allowed) => folder === allowed || isInside(folder, allowed))) {
      problems.push(`${room.path} may not import ${target}`);
    } else if (room.typesOnly && !typeOnly && !test && !isFake(module.path)) {
      problems.push(`${room.path} may import only types of ${target}`);
    }
  }
  return problems;
}

function checkPackage(
  module: SourceModule,
  room: Room,
  record: ImportRecord,
  specifier: string,
  dependencies: readonly string[],
): string[] {
  const name = packageName(specifier);
  const folder = module.path.slice('src/'.length);
  const problems: string[] = [];
  const owners = wrappedPackages[name];
  if (owners !== undefined && !owners.some((owner) => isInside(folder, owner))) {
    problems.push(`${name} may only be imported by ${owners.join(', ')}`);
  }
  if (isTest(module.path)) return problems;
  if (/^(node:)?process$/.test(name) && room.path !== 'bin' && !isInside(folder, environmentReader)) {
    problems.push(`${name} may only be imported by bin and ${environmentReader}`);
  }
  if (!isBuiltin(specifier) && !dependencies.includes(name)) {
    problems.push(`${name} is not among the dependencies of package.json`);
  }
  if (room.browser && isBuiltin(specifier)) problems.push(`no browser has ${name}`);
  if (room.pure) problems.push(...checkPurePackage(folder, record, name));
  return problems;
}

function checkPurePackage(folder: string, { names, typeOnly }: ImportRecord, name: string): string[] {
  if (typeOnly) return [];
  const allowed = Object.hasOwn(purity.packages, name) ? purity.packages[name] : undefined;
  if (allowed === undefined || (allowed.only !== undefined && !isInside(folder, allowed.only))) {
    return [`${name} may not be imported by a pure room`];
  }
  const pure = allowed.names;
  if (pure === 'all') return [];
  return names.filter((one) => !pure.includes(one)).map((one) => `${one} of ${name} is not pure`);
}

function checkUse({ path }: SourceModule, room: Room, what: string): string[] {
  if (isTest(path)) return [];
  if (what === 'process.env') {
    return isInside(path.slice('src/'.length), environmentReader)
      ? []
      : [`process.env may only be read by ${environmentReader}`];
  }
  const impure = ['Date.now', 'Date()', 'new Date()', 'Math.random', ...purity.globals];
  if (path === purity.except[what]) return [];
  return room.pure && impure.includes(what) ? [`${what} is not pure: take it as an argument`] : [];
}

function roomOf(path: string): Room | undefined {
  const folder = path.slice('src/'.length);
  return rooms
    .filter((room) => isInside(folder, room.path))
    .toSorted((a, b) => b.path.length - a.path.length)
    .at(0);
}

function isInside(path: string, folder: string): boolean {
  return path.startsWith(`${folder}/`);
}

function packageName(specifier: string): string {
  const parts = specifier.split('/');
  return parts.slice(0, specifier.startsWith('@') ? 2 : 1).join('/');
}

function at({ path }: SourceModule, line: number, problem: string): string {
  return `${path}:${line}: ${problem}`;
}
