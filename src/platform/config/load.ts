import type { z } from 'zod';
import type { ConfigProblem } from './config-problem.ts';
import type { Environment } from './env.ts';
import { parseConfigFile } from './parse-config-file.ts';
import { type Config, configSchema } from './schema.ts';

/** Flags as the command line gives them; what they mean is judged here, with everything else. */
export interface Flags {
  readonly config?: string;
  readonly kubeconfig?: string;
  readonly systemNamespace?: string;
  /** Separated by commas. */
  readonly roles?: string;
  readonly logLevel?: string;
}

export type ConfigResult =
  | { readonly kind: 'valid'; readonly config: Config }
  /** Every problem at once: nobody likes to restart a pod five times. */
  | { readonly kind: 'invalid'; readonly problems: readonly ConfigProblem[] };

export interface LoadConfigOptions {
  readonly flags: Flags;
  readonly environment: Environment;
  readonly readFile: (path: string) => Promise<string>;
}

interface Override {
  readonly key: 'kubeconfig' | 'systemNamespace' | 'roles' | 'logLevel';
  readonly source: string;
  readonly value: unknown;
}

/** Defaults, then the file, then the environment, then flags. Unknown keys are refused: a typo is never a default. */
export async function loadConfig({ flags, environment, readFile }: LoadConfigOptions): Promise<ConfigResult> {
  const path = flags.config ?? environment.configFile;
  const file = path === undefined ? { values: {}, problems: [] } : await parseConfigFile(path, readFile);
  const overrides = [...fromEnvironment(environment), ...fromFlags(flags)];
  const values = { ...file.values, ...Object.fromEntries(overrides.map(({ key, value }) => [key, value])) };
  const parsed = configSchema.safeParse(values);
  if (parsed.success && file.problems.length === 0) return { kind: 'valid', config: parsed.data };
  const issues = parsed.success ? [] : parsed.error.issues.flatMap((issue) => toProblems(issue, overrides, path));
  return { kind: 'invalid', problems: [...file.problems, ...issues] };
}

function fromEnvironment({ kubeconfig, podNamespace, logLevel }: Environment): Override[] {
  return present([
    { key: 'kubeconfig', source: 'KUBECONFIG', value: kubeconfig },
    { key: 'systemNamespace', source: 'POD_NAMESPACE', value: podNamespace },
    { key: 'logLevel', source: 'SALLYPORT_LOG_LEVEL', value: logLevel },
  ]);
}

function fromFlags({ kubeconfig, systemNamespace, roles, logLevel }: Flags): Override[] {
  const names = roles?.split(',').map((role) => role.trim());
  return present([
    { key: 'kubeconfig', source: '--kubeconfig', value: kubeconfig },
    { key: 'systemNamespace', source: '--system-namespace', value: systemNamespace },
    { key: 'roles', source: '--roles', value: names },
    { key: 'logLevel', source: '--log-level', value: logLevel },
  ]);
}

function present(overrides: readonly Override[]): Override[] {
  return overrides.filter(({ value }) => value !== undefined);
}

function toProblems(
  issue: z.core.$ZodIssue,
  overrides: readonly Override[],
  file: string | undefined,
): ConfigProblem[] {
  const source = overrides.findLast(({ key }) => key === issue.path[0])?.source ?? file ?? 'defaults';
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ source, path: [...issue.path, key].join('.'), message: 'unknown key' }));
  }
  return [{ source, path: issue.path.join('.'), message: issue.message }];
}
