export interface StoredSecret {
  readonly values: Readonly<Record<string, string>>;
  /** resourceVersion: what a write is checked against. */
  readonly version: string;
}

/** The Secrets of the system namespace. */
export interface SecretStore {
  read(name: string, signal: AbortSignal): Promise<StoredSecret | undefined>;
  /**
   * Creates it (version undefined), or replaces the version that was read.
   * @throws {ConflictError} when somebody else was first
   */
  write(
    name: string,
    values: Readonly<Record<string, string>>,
    version: string | undefined,
    signal: AbortSignal,
  ): Promise<void>;
}
