import { readFile, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import type { ClusterOptions } from './options.ts';
import type { ClusterPaths } from './paths.ts';

/** What a cluster was started with, kept in its directory for other processes. */
const ClusterRecord = z.object({
  binary: z.string(),
  /** Set once everything was ready: a start that was interrupted is not reused. */
  ready: z.boolean(),
  options: z.object({
    name: z.string(),
    directory: z.string(),
    portBase: z.number(),
    subnet: z.number(),
    bridge: z.string(),
    auditWebhookKubeconfig: z.string().optional(),
    auditReceiver: z.object({ port: z.number(), mode: z.enum(['batch', 'blocking', 'blocking-strict']) }).optional(),
  }),
});
export type ClusterRecord = z.infer<typeof ClusterRecord>;

export function clusterRecord(options: ClusterOptions, binary: string, ready: boolean): ClusterRecord {
  const { name, directory, portBase, subnet, bridge, auditWebhookKubeconfig, auditReceiver } = options;
  const audit = {
    ...(auditWebhookKubeconfig === undefined ? {} : { auditWebhookKubeconfig }),
    ...(auditReceiver === undefined ? {} : { auditReceiver }),
  };
  return { binary, ready, options: { name, directory, portBase, subnet, bridge, ...audit } };
}

export async function writeRecord(paths: ClusterPaths, record: ClusterRecord): Promise<void> {
  await writeFile(paths.record, `${JSON.stringify(record, undefined, 2)}\n`);
}

/** The record, or undefined where there is none that can be read: a start begins anew then. */
export async function readRecord(paths: ClusterPaths): Promise<ClusterRecord | undefined> {
  try {
    const parsed = ClusterRecord.safeParse(JSON.parse(await readFile(paths.record, 'utf8')));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}
