import type { UserInfo } from '../core/api/kinds.ts';
import { hasCredentialId } from '../core/attributes/credential-id.ts';
import type { KubeClient } from '../platform/kube/client.ts';
import { resourcePath } from '../platform/kube/resource-path.ts';
import type { Config } from '../platform/config/schema.ts';
import type { Logger } from '../platform/telemetry/logger.ts';
import type { Clock } from '../ports/clock.ts';
import type { Identities } from '../webhook/own-kinds/identities.ts';

const RETRY_MS = 1_000;

/** Whoever runs Sallyport is exempt from its gate: that must be an identity that nobody works with. */
export class PrivilegedIdentityError extends Error {
  override readonly name = 'PrivilegedIdentityError';
  readonly code = 'PrivilegedIdentity';

  constructor(username: string) {
    super(
      `Sallyport does not run as ${username}, a member of system:masters; give it the token of a ServiceAccount (deploy/)`,
    );
  }
}

/** Ourselves, as the API server sees us. */
export interface Self {
  readonly username: string;
  /** Whether it gave us a credential id, as it does to everybody who is not impersonated. */
  readonly hasCredentialId: boolean;
}

/** Who the API server says that we are (authentication.k8s.io/v1 SelfSubjectReview); asked until it answers. */
export async function whoAmI(client: KubeClient, clock: Clock, log: Logger, signal: AbortSignal): Promise<Self> {
  const path = resourcePath({ group: 'authentication.k8s.io', version: 'v1', plural: 'selfsubjectreviews' });
  const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };
  for (;;) {
    signal.throwIfAborted();
    try {
      const review = await client.create<{ status?: { userInfo?: Partial<UserInfo> } }>(path, body, { signal });
      const { username, groups, extra = {} } = review.status?.userInfo ?? {};
      if (groups?.includes('system:masters') === true) throw new PrivilegedIdentityError(username ?? '');
      if (username !== undefined && username !== '') return { username, hasCredentialId: hasCredentialId({ extra }) };
      log.warn({}, 'the API server does not say who we are');
    } catch (error) {
      if (error instanceof PrivilegedIdentityError) throw error;
      log.warn(
        { err: error instanceof Error ? error.message : 'unknown' },
        'the API server cannot be asked who we are',
      );
    }
    await clock.sleep(RETRY_MS, signal);
  }
}

/** An empty list means the identity of this very process: all roles in one. */
export function identitiesOf({ identities }: Config, self: Self): Identities {
  const orSelf = (usernames: readonly string[]) => new Set(usernames.length === 0 ? [self.username] : usernames);
  return {
    writeStatus: orSelf(identities.writeStatus),
    openForOthers: orSelf(identities.openForOthers),
    retention: orSelf(identities.retention),
    voteOnBehalf: {
      slack: orSelf(identities.voteOnBehalf.slack),
      console: orSelf(identities.voteOnBehalf.console),
    },
    impersonationShows: impersonationShows(identities.impersonation, self),
  };
}

function impersonationShows(setting: Config['identities']['impersonation'], self: Self): boolean {
  switch (setting) {
    case 'Auto':
      return self.hasCredentialId;
    case 'Refuse':
      return true;
    case 'Allow':
      return false;
  }
}

/** Who passes the gate and the fence. Who votes for others is not among them by that: a channel touches nothing else. */
export function allUsernames(identities: Identities): ReadonlySet<string> {
  return new Set([...identities.writeStatus, ...identities.openForOthers, ...identities.retention]);
}
