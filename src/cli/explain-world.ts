import type { ApprovalPolicy, UserInfo } from '../core/api/kinds.ts';
import type { JsonObject } from '../core/attributes/json.ts';
import { type CompiledPolicy, createPolicyCompiler } from '../core/decision/compile.ts';
import { POLICIES } from '../platform/kube/approvals.ts';
import type { KubeClient } from '../platform/kube/client.ts';
import { isApiError } from '../platform/kube/errors.ts';
import type { KubeObject } from '../platform/kube/kube-object.ts';
import { listAll } from '../platform/kube/list-all.ts';
import { listWatch } from '../platform/kube/list-watch.ts';
import { resourcePath } from '../platform/kube/resource-path.ts';
import { refused } from './cli-error.ts';
import { type SeenMap, seeMap } from './identity-report.ts';
import { SYSTEM_NAMESPACE } from './system-namespace.ts';
import { userInfo } from './whoami.ts';

/** What a decision reads, read with the caller's own rights. */
export interface ExplainWorld {
  readonly user: UserInfo;
  readonly policies: readonly CompiledPolicy[];
  /** Whose agent the caller is stands in it. */
  readonly people: SeenMap;
  /** The Namespace. @throws CliError when the caller may not read it */
  namespace(name: string): Promise<JsonObject>;
}

const LIST_TIMEOUT_MS = 60_000;

/** @throws CliError when the caller may not read the policies */
export async function readWorld(client: KubeClient): Promise<ExplainWorld> {
  const compile = createPolicyCompiler();
  const source = listWatch<ApprovalPolicy & KubeObject>(client, resourcePath(POLICIES));
  const [user, people, { objects }] = await Promise.all([
    userInfo(client),
    seeMap(client, SYSTEM_NAMESPACE),
    readable('the policies', listAll(source, AbortSignal.timeout(LIST_TIMEOUT_MS))),
  ]);
  return {
    user,
    people,
    policies: objects.map(compile).sort((a, b) => (a.name < b.name ? -1 : 1)),
    namespace: (name) =>
      readable(
        `namespace ${name}`,
        client.get<KubeObject & JsonObject>(resourcePath({ group: '', version: 'v1', plural: 'namespaces', name })),
      ),
  };
}

/** Says of a 403 what could not be explained without. */
export async function readable<T>(what: string, reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (error) {
    if (!isApiError(error, 403)) throw error;
    throw refused(`you may not read ${what}: ${error.message}`, 'the roles view and sallyport-viewer may', {
      cause: error,
    });
  }
}
