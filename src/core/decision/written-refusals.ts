/**
 * Refusals of a hand-written request that the plugin reads too: an admission webhook has nothing but its words to say
 * what to do next.
 */

/** Nobody has to be asked. */
export const NOTHING_ASKS = 'no policy asks for an approval of this action';

const LIVES_IN = 'a request for this action lives in namespace ';
const SAME = ' asks for the same and is ';

/** Linear: names are DNS labels and subdomains (RFC 1123). */
const HOME = new RegExp(`${LIVES_IN}([a-z0-9-]{1,63})$`);
const OTHER = new RegExp(`([a-z0-9-]{1,63})/([a-z0-9.-]{1,253})${SAME}(?:pending|approved)$`);

/** Written in another namespace than its own. */
export function livesIn(namespace: string): string {
  return `${LIVES_IN}${namespace}`;
}

/** Which namespace `livesIn` said. @param message as the API server passes it on */
export function homeIn(message: string): string | undefined {
  return HOME.exec(message)?.[1];
}

/** Somebody's own open request stands for this one. @param key namespace/name */
export function asksForTheSame(key: string, state: string): string {
  return `${key}${SAME}${state.toLowerCase()}`;
}

/** Which request `asksForTheSame` said. */
export function sameIn(message: string): { readonly namespace: string; readonly name: string } | undefined {
  const [, namespace, name] = OTHER.exec(message) ?? [];
  return namespace === undefined || name === undefined ? undefined : { namespace, name };
}
