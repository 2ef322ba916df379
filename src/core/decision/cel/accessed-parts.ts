import type { ASTNode } from '@marcbachmann/cel-js';
import { VARIABLES, type VariableName } from './declarations.ts';
import { childNodes } from './syntax.ts';

/** What of a value is looked at: all of it, or only what stands under some of its keys. */
export type Parts = 'All' | ReadonlyMap<string, Parts>;

/** One variable of an expression. */
export interface Accessed {
  readonly variable: VariableName;
  readonly parts: Parts;
  /** The same for the same parts. */
  readonly text: string;
}

type Growing = Map<string, Growing | 'All'>;

/**
 * What an expression looks at of each variable: `object.spec.replicas == 0` needs one number of a Deployment, which is not
 * then converted as a whole. Whatever is not plain names and dots counts from there on as all of it.
 */
export function accessedParts(root: ASTNode): readonly Accessed[] {
  const accessed = new Map<string, Growing | 'All'>();
  const pending = [root];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    const path = plainPath(node);
    if (path === undefined) pending.push(...childNodes(node));
    else if (VARIABLES.has(path[0] ?? '')) add(accessed, path);
  }
  return [...accessed].map(([variable, parts]) => ({ variable: variable as VariableName, parts, text: textOf(parts) }));
}

function textOf(parts: Parts): string {
  return parts === 'All' ? '' : JSON.stringify([...parts].map(([key, below]) => [key, textOf(below)]));
}

/** The names of `object.spec.replicas`; undefined where a node is more than names and dots. */
function plainPath(node: ASTNode): readonly string[] | undefined {
  if (node.op === 'id') return [node.args];
  if (node.op !== '.') return undefined;
  const parent = plainPath(node.args[0]);
  return parent === undefined ? undefined : [...parent, node.args[1]];
}

function add(parts: Growing, [first = '', ...rest]: readonly string[]): void {
  const known = parts.get(first);
  if (known === 'All') return;
  if (rest.length === 0) {
    parts.set(first, 'All');
    return;
  }
  const below: Growing = known ?? new Map();
  parts.set(first, below);
  add(below, rest);
}
