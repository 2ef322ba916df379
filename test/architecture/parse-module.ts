import { parseSync } from 'oxc-parser';

/** One `import`, `export … from`, `import()` or `import('…')` type. */
export interface ImportRecord {
  /** As written; undefined for an `import()` of something that is not a literal. */
  readonly specifier: string | undefined;
  readonly typeOnly: boolean;
  /** The names of values; `*` for a whole namespace or a default. */
  readonly names: readonly string[];
  readonly line: number;
}

/** A use of time, randomness, the environment or the outside world. */
export interface GlobalUse {
  /** Such as `Date.now`, `new Date()`, `process.env`, `fetch`. */
  readonly what: string;
  readonly line: number;
}

export interface SourceModule {
  /** From the root of the repository, with slashes. */
  readonly path: string;
  readonly lines: number;
  readonly imports: readonly ImportRecord[];
  readonly uses: readonly GlobalUse[];
  readonly hasDefaultExport: boolean;
  /** Everything in it passes on what other files export. */
  readonly isBarrel: boolean;
  /** Literals, template parts and property names: where the titles of tests stand. */
  readonly strings: readonly string[];
  /** The literal arguments of every call of `verifies`. */
  readonly cited: readonly string[];
}

interface Node {
  readonly type: string;
  readonly start: number;
  readonly [key: string]: unknown;
}

/** @throws SyntaxError for a file that does not parse. */
export function parseModule(path: string, text: string): SourceModule {
  const { program, module, errors } = parseSync(path, text);
  if (errors[0] !== undefined) throw new SyntaxError(`${path}: ${errors[0].message}`);
  const lineOf = (offset: number): number => text.slice(0, offset).split('\n').length;
  const imports: ImportRecord[] = module.staticImports.map(({ moduleRequest, entries, start }) => ({
    specifier: moduleRequest.value,
    typeOnly: entries.length > 0 && entries.every((entry) => entry.isType),
    names: entries.filter((entry) => !entry.isType).map((entry) => entry.importName.name ?? '*'),
    line: lineOf(start),
  }));
  for (const { entries } of module.staticExports) {
    for (const { moduleRequest, isType, importName, start } of entries) {
      if (moduleRequest === null) continue;
      const names = isType ? [] : [importName.name ?? '*'];
      imports.push({ specifier: moduleRequest.value, typeOnly: isType, names, line: lineOf(start) });
    }
  }
  const uses: GlobalUse[] = [];
  const strings: string[] = [];
  const cited: string[] = [];
  walk(program as unknown as Node, undefined, '', (node, parent, key) => {
    const line = lineOf(node.start);
    const what = globalUse(node, parent, key);
    if (what !== undefined) uses.push({ what, line });
    strings.push(...textOf(node, parent, key));
    if (node.type === 'CallExpression' && nameOf(node['callee']) === 'verifies') {
      cited.push(...(node['arguments'] as Node[]).flatMap((argument) => literal(argument) ?? []));
    }
    if (node.type === 'ImportExpression' || node.type === 'TSImportType') {
      const specifier = literal(node['source']);
      imports.push({ specifier, typeOnly: node.type === 'TSImportType', names: ['*'], line });
    }
  });
  const statements = program.body;
  return {
    path,
    lines: text.split('\n').length - (text.endsWith('\n') ? 1 : 0),
    imports,
    uses,
    strings,
    cited,
    hasDefaultExport:
      statements.some(({ type }) => type === 'ExportDefaultDeclaration') ||
      module.staticExports.some(({ entries }) => entries.some(({ exportName }) => exportName.name === 'default')),
    isBarrel: statements.some(isReexport) && statements.every(isReexportOrImport),
  };
}

function isReexportOrImport(statement: { type: string; declaration?: unknown }): boolean {
  return statement.type === 'ImportDeclaration' || isReexport(statement);
}

function isReexport(statement: { type: string; declaration?: unknown }): boolean {
  if (statement.type === 'ExportAllDeclaration') return true;
  return statement.type === 'ExportNamedDeclaration' && !isNode(statement.declaration);
}

function walk(
  node: Node,
  parent: Node | undefined,
  key: string,
  visit: (node: Node, parent: Node | undefined, key: string) => void,
): void {
  visit(node, parent, key);
  for (const [name, value] of Object.entries(node)) {
    for (const child of Array.isArray(value) ? value : [value]) {
      if (isNode(child)) walk(child, node, name, visit);
    }
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}

function globalUse(node: Node, parent: Node | undefined, key: string): string | undefined {
  switch (node.type) {
    case 'MemberExpression': {
      const [object, property] = [nameOf(node['object']), nameOf(node['property']) ?? literal(node['property'])];
      return object !== undefined && property !== undefined ? memberUse(object, property) : undefined;
    }
    case 'NewExpression':
      return nameOf(node['callee']) === 'Date' && (node['arguments'] as unknown[]).length === 0
        ? 'new Date()'
        : undefined;
    case 'CallExpression':
      return nameOf(node['callee']) === 'Date' ? 'Date()' : undefined;
    case 'VariableDeclarator':
      return destructures(node, 'process', 'env') ? 'process.env' : undefined;
    case 'Identifier':
      return isReference(parent, key) ? String(node['name']) : undefined;
    default:
      return undefined;
  }
}

function memberUse(object: string, property: string): string | undefined {
  if (object === 'globalThis') return property;
  const name = `${object}.${property}`;
  return ['Date.now', 'Math.random', 'process.env'].includes(name) ? name : undefined;
}

/** `globalThis.process` is `process`. */
function nameOf(value: unknown): string | undefined {
  if (!isNode(value)) return undefined;
  if (value.type === 'Identifier') return String(value['name']);
  if (value.type === 'MemberExpression' && nameOf(value['object']) === 'globalThis') return nameOf(value['property']);
  return undefined;
}

function destructures(declarator: Node, from: string, name: string): boolean {
  const pattern = declarator['id'];
  if (nameOf(declarator['init']) !== from || !isNode(pattern) || pattern.type !== 'ObjectPattern') return false;
  return (pattern['properties'] as Node[]).some((property) => nameOf(property['key']) === name);
}

/** Whether an identifier at this place stands for a value rather than for a key or a declared name. */
function isReference(parent: Node | undefined, key: string): boolean {
  if (parent === undefined) return false;
  if (parent.type === 'MemberExpression') return key === 'object' || parent['computed'] === true;
  if (parent.type === 'Property') return key === 'value' || parent['computed'] === true;
  if (parent.type === 'VariableDeclarator') return key === 'init';
  if (/^(TS.*|Import.*|Export.*|.*Definition)$/.test(parent.type)) return /^(expression|value|declaration)$/.test(key);
  return key !== 'params' && key !== 'label' && key !== 'id';
}

function textOf(node: Node, parent: Node | undefined, key: string): string[] {
  if (node.type === 'Literal' && typeof node['value'] === 'string') return [node['value']];
  if (node.type === 'TemplateElement') return [(node['value'] as { cooked: string | null }).cooked ?? ''];
  return node.type === 'Identifier' && parent?.type === 'Property' && key === 'key' ? [String(node['name'])] : [];
}

function literal(value: unknown): string | undefined {
  return isNode(value) && value.type === 'Literal' && typeof value['value'] === 'string' ? value['value'] : undefined;
}
