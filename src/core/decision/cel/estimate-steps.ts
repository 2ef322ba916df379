import type { ASTNode } from '@marcbachmann/cel-js';
import type { ValueSize } from './cel-value.ts';
import { COMPREHENSIONS, LINEAR_FUNCTIONS, SEARCHES } from './declarations.ts';
import type { Patterns } from './environment.ts';
import { MAX_BUILT_STRING } from './limits.ts';
import { isCheap } from './search.ts';
import { calledName, childNodes } from './syntax.ts';

/** What an expression can grow out of its input, found once when it is compiled. */
export interface Growth {
  /** Concatenations: n of them make a string or list at most n + 1 times as large. */
  readonly concatenations: number;
  /** `split` makes a list as long as a string. */
  readonly splits: boolean;
  /** `join` and `replace` make strings up to MAX_BUILT_STRING. */
  readonly builds: boolean;
  /** Text of the expression itself, for its literals. */
  readonly length: number;
}

export function growthOf(root: ASTNode): Growth {
  let concatenations = 0;
  let splits = false;
  let builds = false;
  const visit = (node: ASTNode): void => {
    const name = calledName(node);
    if (node.op === '+') concatenations += 1;
    if (name === 'sallyport_split') splits = true;
    if (name === 'sallyport_join' || name === 'sallyport_replace') builds = true;
    childNodes(node).forEach(visit);
  };
  visit(root);
  return { concatenations, splits, builds, length: root.input.length };
}

/** The largest values that an evaluation may meet, given the largest that it starts with. */
export function grownSize(input: ValueSize, growth: Growth): ValueSize {
  const factor = growth.concatenations + 1;
  const string = Math.max(input.string, growth.length, growth.builds ? MAX_BUILT_STRING : 0) * factor;
  const collection = Math.max(input.collection, growth.length, growth.splits ? string : 0) * factor;
  return { values: input.values + collection, collection, string };
}

/** Characters that cost about as much as one step in native string code. */
const CHARACTERS_A_STEP = 1000;
/** And in a search that is done in JavaScript. */
const SEARCHED_A_STEP = 50;
/** And changed one by one. */
const LETTERS_A_STEP = 5;
/** The engine's pattern of a duration backtracks: its time grows with the cube of a row of digits. */
const DURATION_CUBES = 1000;
/** Instructions of a pattern that an RE2 match visits in one step. */
const INSTRUCTIONS_A_STEP = 50;

/**
 * Steps of the engine (some 200 ns each) that an evaluation takes at worst, from the sizes of the values at hand.
 * It decides only whether to run under a guard, so it is generous: every list counts as the longest one.
 */
export function estimateSteps(node: ASTNode, size: ValueSize, patterns: Patterns): number {
  const estimate = (child: ASTNode): number => estimateSteps(child, size, patterns);
  if (node.op === 'rcall' && COMPREHENSIONS.has(node.args[0])) {
    const [, receiver, args] = node.args;
    const body = args.slice(1).reduce((sum, child) => sum + estimate(child), 1);
    return 1 + estimate(receiver) + Math.max(1, iterations(receiver, size)) * body;
  }
  return childNodes(node).reduce((sum, child) => sum + estimate(child), 1 + ownSteps(node, size, patterns));
}

function ownSteps(node: ASTNode, size: ValueSize, patterns: Patterns): number {
  const scan = size.string / CHARACTERS_A_STEP;
  if (node.op === '==' || node.op === '!=') return node.args.some(isLiteral) ? 0 : size.values + scan;
  if (node.op === '+') return node.args.some(isLiteral) ? 0 : size.collection;
  if (node.op === 'in') return node.args[1].op === 'list' ? node.args[1].args.length : size.collection + scan;
  if (node.op === 'rcall' && node.args[0] === 'sallyport_matches')
    return size.string * (1 + instructions(node.args[2][0], patterns));
  if (
    node.op === 'rcall' &&
    SEARCHES.has(node.args[0]) &&
    !isCheap({ length: size.string }, sought(node.args[2][0], size))
  )
    return size.string / SEARCHED_A_STEP;
  const name = calledName(node);
  if (name === 'duration' && node.op === 'call' && !node.args[1].every(isLiteral))
    return size.string ** 3 / DURATION_CUBES;
  if (name === 'sallyport_lowerAscii' || name === 'sallyport_upperAscii') return size.string / LETTERS_A_STEP;
  return LINEAR_FUNCTIONS.has(calledName(node) ?? '') ? scan : 0;
}

function isLiteral(node: ASTNode): boolean {
  return node.op === 'value';
}

function sought(part: ASTNode | undefined, size: ValueSize): { readonly length: number } {
  return part?.op === 'value' && typeof part.args === 'string' ? part.args : { length: size.string };
}

function iterations(receiver: ASTNode, size: ValueSize): number {
  return receiver.op === 'list' ? receiver.args.length : size.collection;
}

function instructions(pattern: ASTNode | undefined, patterns: Patterns): number {
  const source = pattern?.op === 'value' && typeof pattern.args === 'string' ? pattern.args : '';
  return (patterns.get(source)?.instructions ?? 0) / INSTRUCTIONS_A_STEP;
}
