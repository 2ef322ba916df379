import type { KubeClient } from '../platform/kube/client.ts';
import { reportIdentity, seeMap } from './identity-report.ts';
import { SYSTEM_NAMESPACE } from './system-namespace.ts';
import { userInfo } from './whoami.ts';

/** Who the caller is to Sallyport, as far as their own rights tell. */
export interface Caller {
  readonly username: string;
  readonly groups: readonly string[];
  /** Their username where the people map does not say another, or may not be read. */
  readonly person: string;
  /** An agent does not, nor who is in an entry that does not name them. */
  readonly votes: boolean;
}

export async function readCaller(client: KubeClient): Promise<Caller> {
  const [user, seen] = await Promise.all([userInfo(client), seeMap(client, SYSTEM_NAMESPACE)]);
  const { username, groups, person = username, owner, contested } = reportIdentity(user, seen);
  return { username, groups, person, votes: owner === undefined && contested !== true };
}
