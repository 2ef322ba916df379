import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createKubectl } from './kubectl.ts';

let folder = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kubectl-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe('kubectl as a program', () => {
  it('that is not on the PATH is said so, and leaves nothing that keeps us up', async () => {
    const module = JSON.stringify(new URL('kubectl.ts', import.meta.url).href);
    const script = `import { createKubectl } from ${module};
      await createKubectl(${JSON.stringify(join(folder, 'none'))}).run([]).catch((error) => console.log(error.exitCode, error.message));`;
    // Ended by a signal where it stays up for the two minutes that kubectl itself may take.
    const run = promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], { timeout: 30_000 });
    expect((await run).stdout).toMatch(/^127 there is no command .*none\n$/);
  }, 40_000);

  it('that does not end is ended, and said so', async () => {
    const program = join(folder, 'kubectl');
    await writeFile(program, '#!/bin/sh\nexec sleep 60\n');
    await chmod(program, 0o755);
    await expect(createKubectl(program, { timeoutMs: 1_000 }).run([])).rejects.toMatchObject({
      exitCode: 1,
      message: 'kubectl did not end within 1 s',
    });
  });
});
