import type { UserInfo } from '../core/api/kinds.ts';
import type { Attributes } from '../core/attributes/attributes.ts';
import { isJsonObject, type Json, type JsonObject, stringAt, valueAt } from '../core/attributes/json.ts';
import { livePod, type LivePod } from '../core/attributes/live-pod.ts';
import { KubeResponseError } from '../platform/kube/errors.ts';
import type { KubeObject } from '../platform/kube/kube-object.ts';
import { resourcePath } from '../platform/kube/resource-path.ts';
import { CliError, usageError } from './cli-error.ts';
import type { VerbContext } from './context.ts';
import { EXIT } from './exit-code.ts';
import { explainAction } from './explain-action.ts';
import { readable, readWorld } from './explain-world.ts';
import { type ExplainOutput, reportAll } from './explain.ts';

/** kubectl's verbs that open a stream to a pod, with the subresource and the kind of options of each. */
export const STREAMS = {
  exec: { subresource: 'exec', kind: 'PodExecOptions' },
  attach: { subresource: 'attach', kind: 'PodAttachOptions' },
  'port-forward': { subresource: 'portforward', kind: 'PodPortForwardOptions' },
} as const;
export type StreamVerb = keyof typeof STREAMS;

/** A stream to a pod as kubectl's flags say it. */
export interface StreamOptions {
  readonly verb: StreamVerb;
  /** `web-0` or `pod/web-0`. */
  readonly pod: string;
  readonly container: string | undefined;
  readonly stdin: boolean;
  readonly tty: boolean;
  /** Of exec; otherwise empty. */
  readonly command: readonly string[];
}

export interface CanOptions extends StreamOptions, ExplainOutput {}

/** Says whether a stream to a pod needs approval, without asking anybody for it. */
export async function can(context: VerbContext, options: CanOptions): Promise<void> {
  const world = await readWorld(context.client);
  const attributes = await readStream(context, world.user, options);
  const namespace = await world.namespace(context.namespace);
  reportAll(context, [explainAction(attributes, world.policies, namespace, world.people)], options);
}

/** The review that the API server would make of the stream, with the pod as it is. @throws CliError */
export async function readStream(
  { client, namespace }: Pick<VerbContext, 'client' | 'namespace'>,
  user: UserInfo,
  options: StreamOptions,
): Promise<Attributes> {
  const name = options.pod.replace(/^pods?\//, '');
  if (name === '' || name.includes('/')) throw usageError(`"${options.pod}" is not the name of a pod`);
  const path = resourcePath({ group: '', version: 'v1', plural: 'pods', namespace, name });
  const pod: unknown = await readable(`pod ${namespace}/${name}`, client.get<KubeObject>(path));
  const live = livePod(pod);
  if (!isJsonObject(pod) || live === undefined) throw new KubeResponseError('Malformed', 'a Pod without uid');
  const { container } = options;
  const there = containersOf(pod);
  if (container !== undefined && !there.includes(container))
    throw new CliError(
      EXIT.notFound,
      `pod ${namespace}/${name} has no container ${container}`,
      `it has ${there.join(', ')}`,
    );
  return streamAttributes(user, namespace, name, pod, live, options);
}

/** Names of the containers of every type, running or not. */
function containersOf(pod: JsonObject): readonly string[] {
  return ['containers', 'initContainers', 'ephemeralContainers'].flatMap((field) => {
    const list = valueAt(pod, 'spec', field);
    return Array.isArray(list) ? list.flatMap((each: Json) => stringAt(each, 'name') ?? []) : [];
  });
}

/** Names the container that kubectl names where the caller does not. */
const DEFAULT_CONTAINER = 'kubectl.kubernetes.io/default-container';

/** The request that kubectl would make. Source: staging/src/k8s.io/kubectl/pkg/cmd/exec/exec.go, util/podcmd. */
function streamAttributes(
  user: UserInfo,
  namespace: string,
  name: string,
  pod: JsonObject,
  live: LivePod,
  { verb, container, stdin, tty, command }: StreamOptions,
): Attributes {
  const { subresource, kind } = STREAMS[verb];
  const terminal = stdin && tty;
  const named = container ?? stringAt(pod, 'metadata', 'annotations', DEFAULT_CONTAINER) ?? live.containers[0];
  const options: JsonObject =
    verb === 'port-forward'
      ? {}
      : {
          ...(named === undefined ? {} : { container: named }),
          stdin,
          stdout: true,
          stderr: !terminal,
          tty: terminal,
          ...(verb === 'exec' ? { command } : {}),
        };
  return {
    user,
    operation: 'CONNECT',
    group: '',
    version: 'v1',
    resource: 'pods',
    subresource,
    kind,
    namespace,
    name,
    object: { kind, apiVersion: 'v1', ...options },
    oldObject: null,
    options: null,
    dryRun: false,
    pod: live,
  };
}
