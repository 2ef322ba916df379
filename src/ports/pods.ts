export interface Pods {
  /** The core/v1 Pod as it is now, not as it was cached; undefined where there is none. */
  get(namespace: string, name: string, signal: AbortSignal): Promise<unknown>;
}
