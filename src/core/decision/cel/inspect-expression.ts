import type { ASTNode } from '@marcbachmann/cel-js';
import { ConditionError } from './condition-error.ts';
import {
  COMPREHENSIONS,
  DECLARED_FIELDS,
  ENGINE_FUNCTIONS,
  REPLACED_FUNCTIONS,
  VARIABLES,
  type VariableName,
} from './declarations.ts';
import type { Patterns } from './environment.ts';
import { MAX_EXPRESSION_DEPTH, MAX_NESTED_COMPREHENSIONS } from './limits.ts';
import { compilePattern } from './pattern.ts';
import { calledName, childNodes, dottedPath } from './syntax.ts';

interface Visit {
  readonly node: ASTNode;
  readonly depth: number;
  readonly loops: number;
}

/**
 * Checks what the engine does not, prepares the tree (renames replaced functions, compiles patterns into
 * `patterns`), and returns the variables that the expression uses. Throws ConditionError.
 *
 * Walks with a list of its own instead of recursion: `!!!!…` may be as deep as the expression is long.
 */
export function inspectExpression(root: ASTNode, patterns: Patterns): ReadonlySet<VariableName> {
  const used = new Set<VariableName>();
  const pending: Visit[] = [{ node: root, depth: 1, loops: 0 }];
  for (let visit = pending.pop(); visit !== undefined; visit = pending.pop()) {
    const { node, depth } = visit;
    if (depth > MAX_EXPRESSION_DEPTH)
      throw new ConditionError(`the expression is nested deeper than ${MAX_EXPRESSION_DEPTH} levels`, node.start);
    if (node.op === 'id' && VARIABLES.has(node.args)) used.add(node.args as VariableName);
    checkField(node);
    checkMapLiteral(node);
    const loops = checkLoop(node, visit.loops);
    replaceFunction(node, patterns);
    for (const [index, child] of childNodes(node).entries()) {
      // a && b && c is a chain to its reader, though the tree nests it to the left.
      const chained = index === 0 && child.op === node.op && (node.op === '&&' || node.op === '||' || node.op === '+');
      // What a loop iterates over runs once; only its arguments run for each element.
      pending.push({ node: child, depth: chained ? depth : depth + 1, loops: index === 0 ? visit.loops : loops });
    }
  }
  return used;
}

function checkField(node: ASTNode): void {
  if (node.op !== '.' && node.op !== '.?') return;
  const parent = dottedPath(node.args[0]);
  const fields = parent === undefined ? undefined : DECLARED_FIELDS.get(parent);
  if (fields !== undefined && !fields.has(node.args[1]))
    throw new ConditionError(`${parent} has no field ${node.args[1]}; it has ${[...fields].join(', ')}`, node.pos);
}

/** The engine leaves these keys out of a literal without a word, which would turn a comparison round. */
const DROPPED_KEYS: ReadonlySet<unknown> = new Set(['__proto__', 'constructor', 'prototype']);

function checkMapLiteral(node: ASTNode): void {
  if (node.op !== 'map') return;
  for (const [key] of node.args)
    if (key.op !== 'value' || DROPPED_KEYS.has(key.args))
      throw new ConditionError(
        'a key of a map must be a literal, and not __proto__, constructor or prototype',
        key.start,
      );
}

function checkLoop(node: ASTNode, outer: number): number {
  if (node.op !== 'rcall' || !COMPREHENSIONS.has(node.args[0])) return outer;
  const [variable] = node.args[2];
  // A loop variable named `request` would hide the real one from the checks above and from the reader.
  if (variable?.op === 'id' && (VARIABLES.has(variable.args) || variable.args === 'cel'))
    throw new ConditionError(`a loop variable must not be called ${variable.args}`, variable.start);
  if (outer + 1 > MAX_NESTED_COMPREHENSIONS)
    throw new ConditionError(`loops nest more than ${MAX_NESTED_COMPREHENSIONS} deep`, node.start);
  return outer + 1;
}

function replaceFunction(node: ASTNode, patterns: Patterns): void {
  const name = calledName(node);
  if (name === undefined) return;
  const replacement = REPLACED_FUNCTIONS.get(name);
  if (replacement === undefined) {
    if (ENGINE_FUNCTIONS.has(name) || COMPREHENSIONS.has(name)) return;
    throw new ConditionError(`there is no function ${name}()`, node.start);
  }
  if (node.op !== 'rcall') throw new ConditionError(`${name}() is called on a value: 'value.${name}(…)'`, node.start);
  if (name === 'matches') addPattern(node.args[2], node.start, patterns);
  (node.args as [string, ...unknown[]])[0] = replacement;
}

function addPattern(args: readonly ASTNode[], offset: number, patterns: Patterns): void {
  const [pattern] = args;
  if (pattern?.op !== 'value' || typeof pattern.args !== 'string')
    // A pattern from the request is an attacker's pattern, and could not be compiled ahead.
    throw new ConditionError('matches() takes a literal string', pattern?.start ?? offset);
  patterns.set(pattern.args, compilePattern(pattern.args, pattern.start));
}
