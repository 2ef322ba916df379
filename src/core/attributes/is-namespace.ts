/** Whether a request is of a Namespace itself: its review carries its own name as namespace, its audit event may not. */
export function isNamespace({
  group = '',
  resource,
}: {
  readonly group?: string | undefined;
  readonly resource: string;
}): boolean {
  return group === '' && resource === 'namespaces';
}
