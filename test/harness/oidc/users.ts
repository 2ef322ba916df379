/** Somebody who can sign in at the test provider, by the login alone. */
export interface OidcUser {
  readonly email: string;
  readonly emailVerified: boolean;
  readonly groups: readonly string[];
  /** Claims besides. */
  readonly more?: Readonly<Record<string, unknown>>;
}

export type OidcUsers = Readonly<Record<string, OidcUser>>;

/** The people of `make up`: alice asks, bob and carol approve. dave is known to nobody. */
export const USERS: OidcUsers = {
  alice: { email: 'alice@example.com', emailVerified: true, groups: ['developers'] },
  bob: { email: 'bob@example.com', emailVerified: true, groups: ['sre'] },
  carol: { email: 'carol@example.com', emailVerified: true, groups: ['sre'] },
  dave: { email: 'dave@example.com', emailVerified: true, groups: [] },
};
