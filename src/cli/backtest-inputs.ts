import type { Readable } from 'node:stream';
import { checkPolicies, type WrittenPolicy } from '../audit/backtest/check-policies.ts';
import type { ApprovalPolicy } from '../core/api/kinds.ts';
import { type JsonObject, stringAt } from '../core/attributes/json.ts';
import { printable } from '../core/attributes/printable.ts';
import type { ReadyPolicy } from '../core/decision/compile.ts';
import { POLICIES } from '../platform/kube/approvals.ts';
import type { KubeClient } from '../platform/kube/client.ts';
import type { KubeObject } from '../platform/kube/kube-object.ts';
import { listAll } from '../platform/kube/list-all.ts';
import { listWatch } from '../platform/kube/list-watch.ts';
import { resourcePath } from '../platform/kube/resource-path.ts';
import { CliError, CommandEndedError } from './cli-error.ts';
import type { Streams } from './context.ts';
import { EXIT } from './exit-code.ts';
import { readable } from './explain-world.ts';
import { type ManifestLimits, readManifest, readManifestFrom } from './manifest.ts';

const LIST_TIMEOUT_MS = 60_000;

/** The policies of files, `-` for standard input; what else they hold is left alone. @throws CliError (usage) */
export async function policiesOf(files: readonly string[], stdin: Readable): Promise<readonly WrittenPolicy[]> {
  const read: WrittenPolicy[] = [];
  for (const file of files) {
    const objects = file === '-' ? await readManifestFrom(stdin) : await readManifest(file);
    const found = objects.filter((object) => stringAt(object, 'kind') === 'ApprovalPolicy');
    if (found.length === 0) throw new CliError(EXIT.usage, `${file} holds no ApprovalPolicy`);
    read.push(...found.map((policy) => ({ from: file, policy: policy as unknown as ApprovalPolicy })));
  }
  return read;
}

/** Policies as they are stored. @throws CliError where there is no such policy, or the caller may not read it */
export async function storedPolicies(client: KubeClient, names: readonly string[]): Promise<readonly WrittenPolicy[]> {
  return await Promise.all(
    names.map(async (name) => ({
      from: 'the cluster',
      policy: await readable(
        `policy ${name}`,
        client.get<KubeObject & ApprovalPolicy>(resourcePath({ ...POLICIES, name })),
      ),
    })),
  );
}

/** As the webhook that would store them. @throws CommandEndedError (usage) when every problem of each has been told */
export function checkedPolicies(
  written: readonly WrittenPolicy[],
  streams: Pick<Streams, 'stderr'>,
): readonly ReadyPolicy[] {
  const checked = checkPolicies(written);
  if (checked.ok) return checked.policies;
  streams.stderr(checked.problems.map((problem) => `${printable(problem)}\n`).join(''));
  throw new CommandEndedError(EXIT.usage);
}

/** The Namespaces of a file, by name. @throws CliError (usage) */
export async function namespacesOf(file: string): Promise<ReadonlyMap<string, JsonObject>> {
  const objects = await readManifest(file, NAMESPACES_LIMITS);
  const found = objects.filter((object) => stringAt(object, 'kind') === 'Namespace');
  if (found.length === 0)
    throw new CliError(EXIT.usage, `${file} holds no Namespace`, 'kubectl get namespaces -o yaml prints them');
  return byName(found);
}

/** Those of the cluster, as they are now. @throws CliError where the caller may not read them */
export async function clusterNamespaces(client: KubeClient): Promise<ReadonlyMap<string, JsonObject>> {
  const path = resourcePath({ group: '', version: 'v1', plural: 'namespaces' });
  const source = listWatch<KubeObject & JsonObject>(client, path);
  const { objects } = await readable('the namespaces', listAll(source, AbortSignal.timeout(LIST_TIMEOUT_MS)));
  return byName(objects);
}

/** Kubernetes is tested up to 10,000 of them; none costs a call. */
const NAMESPACES_LIMITS: ManifestLimits = { objects: 20_000, bytes: 64 * 1024 * 1024 };

function byName(objects: readonly JsonObject[]): ReadonlyMap<string, JsonObject> {
  return new Map(objects.map((object) => [stringAt(object, 'metadata', 'name') ?? '', object]));
}
