import { EVIDENCE_GROUP, EVIDENCE_VERSION } from '../../core/evidence/record-object.ts';

/** Through which the API server reaches the API of evidence. */
export interface EvidenceService {
  readonly namespace: string;
  readonly name: string;
  readonly port: number;
}

export const EVIDENCE_API_SERVICE = `${EVIDENCE_VERSION}.${EVIDENCE_GROUP}`;

/** Annotation with the system namespace of the installation that registered it: nobody takes away what another has. */
export const REGISTERED_BY = 'sallyport.dev/registered-by';

/** As high as any group that a cluster adds: kinds of other groups with the same names keep theirs. */
const GROUP_PRIORITY = 1_000;
const VERSION_PRIORITY = 15;

/** apiregistration.k8s.io/v1 APIService. */
export function evidenceApiService(
  { namespace, name, port }: EvidenceService,
  systemNamespace: string,
  caBundlePem: string,
): object {
  return {
    apiVersion: 'apiregistration.k8s.io/v1',
    kind: 'APIService',
    metadata: {
      name: EVIDENCE_API_SERVICE,
      labels: { 'app.kubernetes.io/part-of': 'sallyport' },
      annotations: { [REGISTERED_BY]: systemNamespace },
    },
    spec: {
      group: EVIDENCE_GROUP,
      version: EVIDENCE_VERSION,
      groupPriorityMinimum: GROUP_PRIORITY,
      versionPriority: VERSION_PRIORITY,
      service: { namespace, name, port },
      caBundle: Buffer.from(caBundlePem).toString('base64'),
    },
  };
}
