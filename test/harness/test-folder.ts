import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A folder of the test that is running, or of the one that a `beforeEach` is for; it goes with it. */
export async function testFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
