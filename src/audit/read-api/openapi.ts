import { createHash } from 'node:crypto';
import { EVIDENCE_API_VERSION, EVIDENCE_GROUP, EVIDENCE_VERSION } from '../../core/evidence/record-object.ts';

const PATH = `apis/${EVIDENCE_API_VERSION}`;
const info = { title: 'Sallyport evidence', version: EVIDENCE_VERSION };
const gvk = [{ group: EVIDENCE_GROUP, version: EVIDENCE_VERSION, kind: 'Record' }];
const text = (description: string) => ({ type: 'string', description });

const ENTRY = {
  type: 'object',
  description: 'By what the record is found.',
  properties: {
    kind: text('Decision, Request, Vote, Use, GivenBack, Policy, AuditEvent or Alarm.'),
    id: text('Says what the record is about, and is the same when that is told again.'),
    at: text('When it happened: RFC 3339, UTC.'),
    user: text('Kubernetes username of whoever acted.'),
    person: text('Who that was, where the record says so.'),
    verb: text('An API verb in lower case, or approve, deny, use.'),
    resource: text('pods/exec, clusterrolebindings.rbac.authorization.k8s.io.'),
    namespace: text('Of the object, or of the request.'),
    name: text('Of the object.'),
    request: text('namespace/name of the ApprovalRequest.'),
    decision: text("Joins a decision, its use and the API server's events."),
    outcome: text('Allowed, Denied, Asked; a state of a request; an HTTP status; the kind of an alarm.'),
    seq: { type: 'integer', format: 'int64', description: 'Its number in its ledger.' },
  },
};

const RECORD = {
  type: 'object',
  description: 'A record of the ledger. Nobody can write one here.',
  properties: {
    apiVersion: text('evidence.sallyport.dev/v1alpha1'),
    kind: text('Record'),
    metadata: { type: 'object', description: 'Name, namespace and time.' },
    ledger: text('UUID of the ledger that holds it.'),
    entry: ENTRY,
    record: {
      type: 'object',
      description: 'As it stands in the ledger (docs/ledger.md): seq, prev, time, kind, id, data.',
      'x-kubernetes-preserve-unknown-fields': true,
    },
  },
  'x-kubernetes-group-version-kind': gvk,
};

const SCHEMA_NAME = 'dev.sallyport.evidence.v1alpha1.Record';

/** `/openapi/v3/apis/evidence.sallyport.dev/v1alpha1`: what `kubectl explain records` reads. */
export function openApiV3(): object {
  const response = (name: string) => ({
    200: { description: 'OK', content: { 'application/json': { schema: { $ref: `#/components/schemas/${name}` } } } },
  });
  const get = (action: 'get' | 'list') => ({
    get: {
      tags: ['evidence_v1alpha1'],
      operationId: `${action}EvidenceV1alpha1NamespacedRecord`,
      responses: response(SCHEMA_NAME),
      'x-kubernetes-action': action,
      'x-kubernetes-group-version-kind': gvk[0],
    },
  });
  return {
    openapi: '3.0.0',
    info,
    paths: {
      [`/${PATH}/namespaces/{namespace}/records`]: get('list'),
      [`/${PATH}/namespaces/{namespace}/records/{name}`]: get('get'),
    },
    components: { schemas: { [SCHEMA_NAME]: RECORD } },
  };
}

/** `/openapi/v3`: where that is, with a hash by which it is cached (KEP-2896). */
export function openApiV3Paths(): object {
  const hash = createHash('sha256').update(JSON.stringify(openApiV3())).digest('hex').slice(0, 32).toUpperCase();
  return { paths: { [PATH]: { serverRelativeURL: `/openapi/v3/${PATH}?hash=${hash}` } } };
}

/** `/openapi/v2`: of an aggregated API without one the API server asks again and again. */
export function openApiV2(): object {
  return { swagger: '2.0', info, paths: {}, definitions: { [SCHEMA_NAME]: RECORD } };
}
