import type { Attributes } from './attributes.ts';

/** What stands behind a proxy answers with codes of its own, which say nothing of what the API server did. */
export function isProxied({ subresource }: Pick<Attributes, 'subresource'>): boolean {
  return subresource === 'proxy';
}

/**
 * The name of the object that is connected to. A proxy may be asked for `web-0`, `web-0:8080` or `https:web-0:8443`
 * (apimachinery/pkg/util/net SplitSchemeNamePort), and admission is told that text: a policy that names web-0 means all of
 * them, and it is web-0 whose uid an approval is bound to. Of everything else the name is the name.
 */
export function connectedName(attributes: Pick<Attributes, 'operation' | 'subresource' | 'name'>): string | undefined {
  const { operation, name } = attributes;
  if (operation !== 'CONNECT' || !isProxied(attributes) || name === undefined) return name;
  const parts = name.split(':');
  return (parts.length === 3 ? parts[1] : parts[0]) ?? name;
}
