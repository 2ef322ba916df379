/** Writes cluster-scoped configuration objects that are wholly ours. */
export interface ConfigurationWriter {
  /** Creates or replaces it by name and kind; the same content twice writes nothing. */
  apply(object: object, signal: AbortSignal): Promise<void>;
}
