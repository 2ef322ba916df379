import type { Attributes } from './attributes.ts';

/**
 * The name of the object that is connected to. A proxy may be asked for `web-0`, `web-0:8080` or `https:web-0:8443`
 * (apimachinery/pkg/util/net SplitSchemeNamePort), and admission is told that text: a policy that names web-0 means all of
 * them, and it is web-0 whose uid an approval is bound to. Of everything else the name is the name.
 */
export function connectedName({
  operation,
  subresource,
  name,
}: Pick<Attributes, 'operation' | 'subresource' | 'name'>): string | undefined {
  if (operation !== 'CONNECT' || subresource !== 'proxy' || name === undefined) return name;
  const parts = name.split(':');
  return (parts.length === 3 ? parts[1] : parts[0]) ?? name;
}
