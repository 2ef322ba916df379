import type { UserInfo } from '../api/kinds.ts';

/**
 * Which certificate or token a caller showed. The API server sets it at authentication (X.509 and ServiceAccount tokens
 * since 1.32, OIDC tokens that have a jti), and an impersonated user is made without it.
 * https://kubernetes.io/docs/reference/access-authn-authz/authentication/
 */
export const CREDENTIAL_ID = 'authentication.kubernetes.io/credential-id';

export function hasCredentialId({ extra }: Pick<UserInfo, 'extra'>): boolean {
  return (extra[CREDENTIAL_ID]?.[0] ?? '') !== '';
}

/** The same in CEL, over the `request` of admission. */
export const SHOWS_CREDENTIAL_ID = `(has(request.userInfo.extra) && '${CREDENTIAL_ID}' in request.userInfo.extra && request.userInfo.extra['${CREDENTIAL_ID}'].size() > 0 && request.userInfo.extra['${CREDENTIAL_ID}'][0] != '')`;
