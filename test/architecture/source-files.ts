import { globSync, readFileSync } from 'node:fs';
import { parseModule, type SourceModule } from './parse-module.ts';

/** Every TypeScript file below the given folders, except what is generated or installed. */
export function readModules(root: string, folders: readonly string[]): SourceModule[] {
  return folders.flatMap((folder) =>
    globSync(`${folder}/**/*.{ts,tsx}`, {
      cwd: root,
      exclude: (path) => /(^|\/)(generated|node_modules)(\/|$)/.test(path),
    })
      .toSorted()
      .map((path) => parseModule(path, readFileSync(`${root}/${path}`, 'utf8'))),
  );
}
