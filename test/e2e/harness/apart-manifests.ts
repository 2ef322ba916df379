import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, parseAllDocuments, stringify } from 'yaml';
import { repositoryRoot } from '../../../tools/cluster/profiles.ts';

const FOLDER = join(repositoryRoot(), 'deploy/apart');

export type Part = 'config' | 'audit' | 'webhook' | 'controller';

interface Volume {
  readonly name: string;
  readonly hostPath: { readonly path: string };
}

interface PodSpec {
  containers: {
    image: string;
    imagePullPolicy?: string;
    workingDir: string;
    command: string[];
    volumeMounts: { name: string; mountPath: string; readOnly?: boolean }[];
  }[];
  volumes: object[];
  hostAliases?: object[];
}

export interface Manifest {
  kind: string;
  metadata: { name: string; namespace?: string };
  data?: Record<string, string>;
  spec?: { replicas?: number; template?: { spec: PodSpec } };
}

/** The objects of a file of deploy/apart, as they are there. */
export async function manifestsOf(part: Part): Promise<Manifest[]> {
  const text = await readFile(join(FOLDER, `${part}.yaml`), 'utf8');
  return parseAllDocuments(text).map((document) => document.toJS() as Manifest);
}

/**
 * For a cluster without an image of ours, without DNS and with one processor to spare: Sallyport, its Node and the libraries of
 * this machine instead of the image, one replica, and the role audit where `auditAt` leads to it. Everything else is as it is.
 */
export async function runnable(part: Part, auditAt: string, settings: object): Promise<Manifest[]> {
  const manifests = await manifestsOf(part);
  for (const { kind, data, spec } of manifests) {
    if (kind === 'ConfigMap' && data !== undefined)
      data['sallyport.yaml'] = stringify(merged(parse(data['sallyport.yaml'] ?? '') as object, settings));
    if (spec?.template === undefined) continue;
    spec.replicas = 1;
    const pod = spec.template.spec;
    pod.hostAliases = [{ ip: auditAt, hostnames: ['sallyport-audit.sallyport-system.svc'] }];
    const machine = [...new Set([repositoryRoot(), '/usr', '/lib', '/lib64'])].filter((path) => existsSync(path));
    const volumes = machine.map((path, index): Volume => ({ name: `machine-${index}`, hostPath: { path } }));
    pod.volumes.push(...volumes);
    for (const container of pod.containers) {
      container.image = 'local/busybox:1';
      container.imagePullPolicy = 'Never';
      container.workingDir = repositoryRoot();
      container.command = [process.execPath, ...container.command.slice(1)];
      const mounts = volumes.map(({ name, hostPath: { path } }) => ({ name, mountPath: path, readOnly: true }));
      container.volumeMounts.push(...mounts);
    }
  }
  return manifests;
}

/** Of objects, at any depth; what is no object is taken from `more`. */
function merged(base: object, more: object): object {
  const isObject = (value: unknown): value is object =>
    typeof value === 'object' && value !== null && !Array.isArray(value);
  const under = base as Record<string, unknown>;
  const fields = Object.entries(more).map(([name, value]: [string, unknown]) => {
    const present = under[name];
    return [name, isObject(present) && isObject(value) ? merged(present, value) : value];
  });
  return { ...base, ...(Object.fromEntries(fields) as object) };
}
