/** A kind as the REST API names it; `group` is `''` for the core group. */
export interface Resource {
  readonly group: string;
  readonly version: string;
  /** Lower-case plural, such as `pods`. */
  readonly plural: string;
}

/** Where to find a collection or an object. Without `namespace`: cluster-scoped, or a list across namespaces. */
export interface ResourceLocation extends Resource {
  readonly namespace?: string;
  readonly name?: string;
  readonly subresource?: string;
}

/**
 * The URL path of a collection, an object or a subresource: `/apis/apps/v1/namespaces/prod/deployments/web/scale`.
 *
 * Every part is percent-encoded, and parts that a URL would swallow are refused: a name out of somebody's object must
 * not lead to another path.
 *
 * @throws RangeError for an empty part, `.` or `..`, or a subresource without a name
 */
export function resourcePath(location: ResourceLocation): string {
  const { group, version, plural, namespace, name, subresource } = location;
  const parts = group === '' ? ['api', version] : ['apis', group, version];
  if (namespace !== undefined) parts.push('namespaces', namespace);
  parts.push(plural);
  if (name !== undefined) parts.push(name);
  if (subresource !== undefined) {
    if (name === undefined) throw new RangeError('a subresource needs the name of its object');
    parts.push(...subresource.split('/'));
  }
  return `/${parts.map(encodePart).join('/')}`;
}

function encodePart(part: string): string {
  if (part === '' || part === '.' || part === '..') throw new RangeError(`not a part of a resource path: '${part}'`);
  return encodeURIComponent(part);
}
