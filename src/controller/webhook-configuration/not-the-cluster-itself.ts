import { celList } from '../cel-list.ts';
import { SHOWS_CREDENTIAL_ID } from '../../core/attributes/credential-id.ts';
import {
  API_SERVER_USERNAME,
  COLLECTOR_USERNAMES,
  COMPONENT_GROUP_PREFIX,
  COMPONENT_USERNAME_PATTERN,
  CONTROLLER_USERNAMES,
  PEOPLES_GROUP,
  WINDOWS_NODES_GROUP,
} from '../../core/decision/requester-class.ts';

export interface OwnIdentities {
  readonly ourUsernames: readonly string[];
  /** R23: whether a user without a credential id is one whom somebody else impersonates. */
  readonly impersonationShows?: boolean;
}

const USER = 'request.userInfo';

/** Not a group of people among them. */
const COMPONENT_GROUPS = `(!has(${USER}.groups) || ${USER}.groups.all(g, g == '${WINDOWS_NODES_GROUP}' || g.startsWith('${COMPONENT_GROUP_PREFIX}') && g != '${PEOPLES_GROUP}'))`;
const NOT_PEOPLE = `(!has(${USER}.groups) || !('${PEOPLES_GROUP}' in ${USER}.groups))`;
const HAS_UID = `(has(${USER}.uid) && ${USER}.uid != '')`;

/** R32: the cluster's own machinery goes on when we are down. The same identities are class System in requester-class.ts. */
export function notTheClusterItself(identities: OwnIdentities): object {
  const component = `${USER}.username.matches('${COMPONENT_USERNAME_PATTERN}')`;
  const apiServer = `${USER}.username == '${API_SERVER_USERNAME}'`;
  const controller = `${USER}.username in ${celList(CONTROLLER_USERNAMES)}`;
  const ours = `${USER}.username in ${celList(identities.ourUsernames)}`;
  const known =
    identities.impersonationShows === true
      ? `((${component} || ${apiServer} || ${controller} || ${ours}) && ${SHOWS_CREDENTIAL_ID})`
      : `(${ours} && ${NOT_PEOPLE}) || (${controller} && ${COMPONENT_GROUPS})`;
  return {
    name: 'not-the-cluster-itself',
    expression: `!(${known} || (${component} && ${COMPONENT_GROUPS}) || (${apiServer} && ${HAS_UID}))`,
  };
}

/** A namespace that is deleted takes its requests and votes along, whether we run or not. */
export function notCollected(identities: Pick<OwnIdentities, 'impersonationShows'>): object {
  const collector = `request.operation == 'DELETE' && ${isOneOf(COLLECTOR_USERNAMES, identities)}`;
  return { name: 'not-collected', expression: `!(${collector})` };
}

/** CEL: whether the user is one of these ServiceAccounts, and not somebody who impersonates it. */
export function isOneOf(
  usernames: readonly string[],
  { impersonationShows }: Pick<OwnIdentities, 'impersonationShows'>,
): string {
  const proof = impersonationShows === true ? SHOWS_CREDENTIAL_ID : NOT_PEOPLE;
  return `${USER}.username in ${celList(usernames)} && ${proof}`;
}
