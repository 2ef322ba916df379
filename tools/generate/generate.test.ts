import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { generate } from './main.ts';

const root = join(import.meta.dirname, '../..');
const target = join(root, 'src/core/api/generated');

test('if crds/ and the generated types and schemas have drifted apart, then `npm run generate` must be run', async () => {
  const fresh = await generate(join(root, 'crds'));
  expect([...fresh.keys()].sort()).toEqual(readdirSync(target).sort());
  for (const [name, text] of fresh) expect(readFileSync(join(target, name), 'utf8'), name).toBe(text);
});
