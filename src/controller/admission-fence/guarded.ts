import { celList } from '../cel-list.ts';
import { GROUP } from '../../core/api/group.ts';
import { CONTROLLER_USERNAMES } from '../../core/decision/requester-class.ts';

/** Who is who (R21): whoever writes it decides who counts as another person. The name is kept for it. */
const PEOPLE_MAP_NAME = 'sallyport-people';

/** CREATE with generateName has no name yet; a DELETE has no object, not even of a whole collection. */
const NAME = `(object == null ? oldObject.metadata.name : has(object.metadata.name) ? object.metadata.name : '')`;

/** Who impersonates a component brings the right to do so along; the components themselves are not in this group. */
const NO_MASTER = `!('system:masters' in request.userInfo.groups)`;

const TOKEN_TYPE = 'kubernetes.io/service-account-token';

/** A CEL condition of the fence: whether a request that its rules match touches what the gate stands on. */
export function guarded(systemNamespace: string, configurations: readonly string[]): string {
  const group = (name: string) => `request.resource.group == '${name}'`;
  const resource = (name: string) => `request.resource.resource == '${name}'`;
  const ours = `has(request.namespace) && request.namespace == ${JSON.stringify(systemNamespace)}`;
  return [
    `${group('admissionregistration.k8s.io')} ? ${NAME} in ${celList(configurations)}`,
    `${group('apiextensions.k8s.io')} ? ${NAME}.endsWith('.${GROUP}') && (request.operation == 'DELETE' || object.spec != oldObject.spec)`,
    // The API server itself registers the kinds of each CRD.
    `${group('apiregistration.k8s.io')} ? ${NAME}.endsWith('.${GROUP}') && request.userInfo.username != 'system:apiserver'`,
    // By name in kube-system too: a binding there lets the API of evidence know who asks.
    `${group('rbac.authorization.k8s.io')} ? (${NAME}.startsWith('sallyport') || (${resource('roles')} || ${resource('rolebindings')}) && ${ours})`,
    `${resource('serviceaccounts')} ? (${ours} ? !('system:nodes' in request.userInfo.groups && ${NO_MASTER}) : ${ofController('request.name')})`,
    `${resource('secrets')} ? (${ours} || ${tokenOfController()})`,
    `${resource('configmaps')} ? (${ours} && ${NAME} == '${PEOPLE_MAP_NAME}')`,
    'true',
  ].join(' : ');
}

/**
 * What an opened fence holds closed all the same: tokens of our ServiceAccounts, and of the controllers that our gate lets
 * pass, would outlive it, and the namespace is not upgraded.
 */
export function neverOpened(): string {
  const token = `request.resource.resource == 'secrets' && object != null && has(object.type) && object.type == '${TOKEN_TYPE}'`;
  return `(request.resource.group == '' && (request.resource.resource in ['serviceaccounts', 'namespaces'] || ${token}))`;
}

/**
 * R32: the cluster's controllers pass the gate, so that their tokens would be a way round it. The control plane
 * (`system:…`, no ServiceAccount) makes them, and so may add-ons of kube-system; people and other programs may not.
 */
function ofController(name: string): string {
  const user = 'request.userInfo.username';
  const account = `${user}.startsWith('system:serviceaccount:')`;
  const system = `(${account} ? ${user}.startsWith('system:serviceaccount:kube-system:') : ${user}.startsWith('system:') && ${NO_MASTER})`;
  return `(${name} in ${celList(CONTROLLER_USERNAMES.map(nameOf))} && !${system})`;
}

function tokenOfController(): string {
  const annotation = 'kubernetes.io/service-account.name';
  const holds = `object != null && has(object.type) && object.type == '${TOKEN_TYPE}' && has(object.metadata.annotations) && '${annotation}' in object.metadata.annotations`;
  return `(${holds} && ${ofController(`object.metadata.annotations['${annotation}']`)})`;
}

function nameOf(username: string): string {
  return username.slice(username.lastIndexOf(':') + 1);
}
