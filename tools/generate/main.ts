import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readCrd } from './crd-schema.ts';
import { fileName, schemaOf, typesOf } from './typescript.ts';

/** Every generated file by its name, from the CRDs of a folder. */
export async function generate(crdFolder: string): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const entry of readdirSync(crdFolder).sort()) {
    const crd = readCrd(readFileSync(join(crdFolder, entry), 'utf8'));
    files.set(`${fileName(crd.kind)}.ts`, await typesOf(crd));
    files.set(`${fileName(crd.kind)}-schema.ts`, schemaOf(crd));
  }
  return files;
}

if (import.meta.main) {
  const root = join(import.meta.dirname, '../..');
  const target = join(root, 'src/core/api/generated');
  mkdirSync(target, { recursive: true });
  for (const [name, text] of await generate(join(root, 'crds'))) writeFileSync(join(target, name), text);
}
