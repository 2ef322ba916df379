import { readFile } from 'node:fs/promises';
import { accepted, PATH_SECRET, pathSecretOf } from '../../controller/path-secret/path-secret.ts';
import type { KubeObject } from '../../platform/kube/kube-object.ts';
import type { Callers } from '../../webhook/callers.ts';
import { watch } from '../cluster-view.ts';
import type { Process } from '../process.ts';

export type SecretObject = KubeObject & { readonly data?: Readonly<Record<string, string>> };

/** How this process tells the API server from others, and what it has to keep in step for that. */
export interface CallerAuthentication {
  readonly callers: Callers;
  /** PEM, of the listener. */
  readonly clientCaPem?: string;
  /** Resolves once the API server could be told from others. */
  readonly known: Promise<void>;
  run(signal: AbortSignal): Promise<void>;
}

/** @throws Error when the file of the authority cannot be read */
export async function callerAuthentication(process: Process): Promise<CallerAuthentication> {
  const { clientAuthority, clientNames } = process.config.webhook;
  if (clientAuthority === undefined) return byPathSecret(process);
  return {
    callers: { kind: 'ClientCertificate', names: new Set(clientNames) },
    clientCaPem: await readFile(clientAuthority, 'utf8'),
    known: Promise.resolve(),
    run: async () => {},
  };
}

/** A Secret that is deleted or damaged changes nothing here: what was accepted stays until the controller made another. */
function byPathSecret(process: Process): CallerAuthentication {
  const reflector = watch<SecretObject>(
    'path-secret',
    { group: '', version: 'v1', plural: 'secrets', namespace: process.config.systemNamespace },
    process,
    { fieldSelector: `metadata.name=${PATH_SECRET}` },
  );
  const first = Promise.withResolvers<void>();
  let secrets: readonly string[] = [];
  reflector.onChange((_key, object) => {
    const secret = pathSecretOf(secretValues(object));
    if (secret === undefined) return;
    secrets = accepted(secret);
    first.resolve();
  });
  return {
    callers: { kind: 'PathSecret', secrets: () => secrets },
    known: first.promise,
    run: (signal) => reflector.run(signal),
  };
}

export function secretValues(secret: SecretObject | undefined): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(secret?.data ?? {}).map(([key, value]) => [key, Buffer.from(value, 'base64').toString('utf8')]),
  );
}
