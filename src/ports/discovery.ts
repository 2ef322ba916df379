/** What the API server says that it serves. */
export interface Discovery {
  /** The subresources of these groups, in all served versions: `pods/exec`, `deployments.apps/scale`. */
  subresources(ofGroup: (group: string) => boolean, signal: AbortSignal): Promise<readonly string[]>;
}
