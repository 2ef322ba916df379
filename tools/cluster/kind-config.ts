import { parse, stringify } from 'yaml';
import { z } from 'zod';

const KindConfig = z.looseObject({
  kind: z.literal('Cluster'),
  apiVersion: z.literal('kind.x-k8s.io/v1alpha4'),
  nodes: z.tuple([
    z.looseObject({
      extraMounts: z.tuple([z.looseObject({ hostPath: z.string() })]),
      extraPortMappings: z.tuple([z.looseObject({ hostPort: z.int() })]),
    }),
  ]),
});

export interface KindConfigChanges {
  /** Folder with policy.yaml and webhook.yaml, absolute. */
  readonly auditFolder: string;
  /** Port of this machine that leads to Sallyport's NodePort. */
  readonly hostPort: number;
}

/** The repository's kind-config.yaml with another audit folder and port, so that several clusters may run. */
export function renderKindConfig(template: string, changes: KindConfigChanges): string {
  const config = KindConfig.parse(parse(template));
  const [node] = config.nodes;
  node.extraMounts[0].hostPath = changes.auditFolder;
  node.extraPortMappings[0].hostPort = changes.hostPort;
  return stringify(config);
}
