/** What is wrong with a policy, and where: `path` is a field path such as spec.match.resourceRules[0].resources[1]. */
export interface Problem {
  readonly path: string;
  readonly message: string;
}
