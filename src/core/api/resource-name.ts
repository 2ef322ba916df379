/** As RBAC names a resource in a message: `pods/exec`, `clusterrolebindings.rbac.authorization.k8s.io`. */
export function resourceName({
  resource,
  subresource = '',
  group = '',
}: {
  readonly resource: string;
  readonly subresource?: string | undefined;
  /** Empty for the core group. */
  readonly group?: string | undefined;
}): string {
  return `${resource}${subresource === '' ? '' : `/${subresource}`}${group === '' ? '' : `.${group}`}`;
}
