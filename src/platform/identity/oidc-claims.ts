import { OidcRefusedError } from './oidc-error.ts';

export interface ClaimRules {
  /** As --oidc-username-claim, --oidc-username-prefix, --oidc-groups-claim and --oidc-groups-prefix of the API server. */
  readonly usernameClaim: string;
  readonly usernamePrefix: string;
  readonly groupsClaim: string;
  readonly groupsPrefix: string;
  /**
   * Whether an email address is a username only where the token says `email_verified: true`. The API server accepts a token
   * that says nothing of it; with a provider where people write their own address, that is anybody's.
   */
  readonly requireVerifiedEmail: boolean;
}

/**
 * The prefix that the API server gives by its own rule (https://kubernetes.io/docs/reference/access-authn-authz/authentication):
 * where none is set, names of any claim but email are set apart by their issuer, and `-` is none. A name that somebody chose
 * at the provider must not be that of a user of the cluster.
 */
export function usernamePrefixOf(oidc: {
  readonly issuer: string;
  readonly usernameClaim: string;
  readonly usernamePrefix?: string | undefined;
}): string {
  const { issuer, usernameClaim, usernamePrefix } = oidc;
  if (usernamePrefix === undefined) return usernameClaim === 'email' ? '' : `${issuer}#`;
  return usernamePrefix === '-' ? '' : usernamePrefix;
}

/** Who has signed in, in the words of the cluster. */
export interface OidcIdentity {
  /** The Kubernetes username that the API server would give them for the same token. */
  readonly username: string;
  /** Only where the provider says that it is theirs (`email_verified`). */
  readonly email?: string;
  readonly groups: readonly string[];
}

/** What a vote on behalf can hold: the CRD's limits of spec.onBehalfOf. */
const MAX_TEXT = 1_024;
const MAX_EMAIL = 320;
const MAX_GROUPS = 512;

/** The cluster's own names: no provider says who is `system:masters`. */
const OF_THE_CLUSTER = 'system:';

/**
 * The identity that verified claims say, by the rules of the API server's OIDC authenticator
 * (https://kubernetes.io/docs/reference/access-authn-authz/authentication/#openid-connect-tokens).
 *
 * @throws {OidcRefusedError} for claims that name nobody, or that do not fit: a shorter list would be somebody else
 */
export function identityOf(claims: Readonly<Record<string, unknown>>, rules: ClaimRules): OidcIdentity {
  const name = claims[rules.usernameClaim];
  if (typeof name !== 'string' || name === '')
    throw new OidcRefusedError(`the ID token has no claim ${rules.usernameClaim}`);
  const verified = claims['email_verified'];
  if (rules.usernameClaim === 'email' && verified !== true) {
    if (verified !== undefined) throw new OidcRefusedError('the provider has not verified the email address');
    if (rules.requireVerifiedEmail)
      throw new OidcRefusedError(
        'the provider does not say whether the email address is verified (claim email_verified), and the console requires it',
      );
  }
  const username = `${rules.usernamePrefix}${name}`;
  if (username.length > MAX_TEXT) throw new OidcRefusedError(`the username is longer than ${MAX_TEXT} characters`);
  if (username.startsWith(OF_THE_CLUSTER)) throw new OidcRefusedError(`the username begins with ${OF_THE_CLUSTER}`);
  const email = claims['email'];
  return {
    username,
    ...(verified === true && typeof email === 'string' && email !== '' && email.length <= MAX_EMAIL ? { email } : {}),
    groups: groupsOf(claims[rules.groupsClaim], rules),
  };
}

function groupsOf(claim: unknown, { groupsClaim, groupsPrefix }: ClaimRules): string[] {
  if (claim === undefined || claim === null) return [];
  const values: readonly unknown[] = Array.isArray(claim) ? claim : [claim];
  if (values.length > MAX_GROUPS) throw new OidcRefusedError(`the ID token has more than ${MAX_GROUPS} groups`);
  const groups = values.map((value) => {
    if (typeof value !== 'string') throw new OidcRefusedError(`the claim ${groupsClaim} is no list of texts`);
    if (groupsPrefix.length + value.length > MAX_TEXT)
      throw new OidcRefusedError(`a group is longer than ${MAX_TEXT} characters`);
    return `${groupsPrefix}${value}`;
  });
  return [...new Set(groups)].filter((group) => group !== '' && !group.startsWith(OF_THE_CLUSTER));
}
