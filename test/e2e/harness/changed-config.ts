import { readFile, writeFile } from 'node:fs/promises';
import { inject } from 'vitest';
import { parse, stringify } from 'yaml';
import { configFile } from '../../../tools/install/sallyport-process.ts';
import { server } from './server.ts';

/** What is in the configuration of the Sallyport that the cluster asks, as far as tests change it. */
export interface Written {
  readonly webhook?: object;
  readonly notify?: object;
  readonly identities?: object;
  readonly audit?: object;
}

/**
 * Restarts the Sallyport that the cluster asks under another configuration.
 *
 * @returns restarts it under the one that it had
 */
export async function changedConfig(change: (config: Written) => object): Promise<() => Promise<void>> {
  const file = configFile(inject('e2e').place);
  const before = await readFile(file, 'utf8');
  const restart = async (text: string): Promise<void> => {
    await server.stop();
    await writeFile(file, text, { mode: 0o600 });
    await server.start();
  };
  await restart(stringify(change(parse(before) as Written)));
  return () => restart(before);
}
