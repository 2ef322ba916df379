import { GROUP } from './group.ts';

/** What the names of the gate's webhooks end with. */
export const GATE_WEBHOOKS = `.gate.${GROUP}`;

/**
 * What the gate's webhooks say in an audit event. The API server puts the webhook's name before each key
 * (apiserver/pkg/admission/plugin/webhook/validating/dispatcher.go): `connect-0123abcd.gate.sallyport.dev/decision`.
 *
 * @param what `decision`: its id. `request`: the request that a refusal names.
 * @returns one, unless somebody made webhooks of such names
 */
export function gateAnnotations(
  annotations: Readonly<Record<string, string>> | undefined,
  what: 'decision' | 'request',
): readonly string[] {
  const end = `${GATE_WEBHOOKS}/${what}`;
  return Object.entries(annotations ?? {}).flatMap(([key, value]) => (key.endsWith(end) ? [value] : []));
}
