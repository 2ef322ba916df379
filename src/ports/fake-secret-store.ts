import { ConflictError } from './approvals.ts';
import type { SecretStore, StoredSecret } from './secret-store.ts';

/** Secrets in memory, with versions as the API server gives them. */
export class FakeSecretStore implements SecretStore {
  readonly secrets = new Map<string, StoredSecret>();
  /** Names of what was written, in order. */
  readonly written: string[] = [];
  /** Called before each write, with its name: somebody else may write first, or the process may die. */
  beforeWrite: ((name: string) => void) | undefined;
  #version = 0;

  async read(name: string, signal: AbortSignal): Promise<StoredSecret | undefined> {
    signal.throwIfAborted();
    await Promise.resolve();
    return this.secrets.get(name);
  }

  async write(
    name: string,
    values: Readonly<Record<string, string>>,
    version: string | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    signal.throwIfAborted();
    this.beforeWrite?.(name);
    await Promise.resolve();
    if (this.secrets.get(name)?.version !== version) throw new ConflictError(`the secret ${name} has been modified`);
    this.put(name, values);
    this.written.push(name);
  }

  /** As somebody else's write, whatever the version. */
  put(name: string, values: Readonly<Record<string, string>>): void {
    this.#version += 1;
    this.secrets.set(name, { values: { ...values }, version: String(this.#version) });
  }
}
