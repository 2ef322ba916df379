/** Writes cluster-scoped configuration objects that are wholly ours. */
export interface ConfigurationWriter {
  /**
   * Makes the object of that kind and name this and nothing else: what anybody added to it goes. The same content twice
   * writes nothing, and says so.
   */
  apply(object: object, signal: AbortSignal): Promise<Applied>;
}

export type Applied = 'Unchanged' | 'Written';
