import { stringify } from 'yaml';
import type { Config } from './schema.ts';

/** The effective configuration as YAML that can be fed back in. A `Secret` prints itself as `[redacted]`. */
export function printConfig(config: Config): string {
  return stringify(config, { lineWidth: 0 });
}
