import { resolveImport } from './check-imports.ts';
import type { SourceModule } from './parse-module.ts';

/**
 * Groups of files that import each other in a circle, types included: a circle of types is a concept in two places.
 * Tarjan's strongly connected components (SIAM J. Comput. 1(2), 1972).
 */
export function findCycles(modules: readonly SourceModule[]): string[][] {
  const byPath = new Map(modules.map((module) => [module.path, module]));
  const index = new Map<string, number>();
  const stack: string[] = [];
  const cycles: string[][] = [];

  function visit(path: string): number {
    const own = index.size;
    index.set(path, own);
    stack.push(path);
    let lowest = own;
    let importsItself = false;
    for (const { specifier } of byPath.get(path)?.imports ?? []) {
      const target = resolveImport(path, specifier);
      if (target === undefined || !byPath.has(target)) continue;
      if (target === path) importsItself = true;
      if (!index.has(target)) lowest = Math.min(lowest, visit(target));
      else if (stack.includes(target)) lowest = Math.min(lowest, index.get(target) ?? lowest);
    }
    if (lowest === own) {
      const component = stack.splice(stack.lastIndexOf(path));
      if (component.length > 1 || importsItself) cycles.push(component.toSorted());
    }
    return lowest;
  }

  for (const { path } of modules) {
    if (!index.has(path)) visit(path);
  }
  return cycles;
}
