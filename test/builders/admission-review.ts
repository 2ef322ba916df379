/** The body of a review of `kubectl exec -n prod web-0 -- ls`; `request` is laid over its request. */
export function admissionReview(request: Record<string, unknown> = {}, envelope: Record<string, unknown> = {}) {
  return {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: {
      uid: '705ab4f5-6393-11e8-b7cc-42010a800002',
      kind: { group: '', version: 'v1', kind: 'PodExecOptions' },
      resource: { group: '', version: 'v1', resource: 'pods' },
      subResource: 'exec',
      requestKind: { group: '', version: 'v1', kind: 'PodExecOptions' },
      requestResource: { group: '', version: 'v1', resource: 'pods' },
      requestSubResource: 'exec',
      name: 'web-0',
      namespace: 'prod',
      operation: 'CONNECT',
      userInfo: { username: 'alice', uid: 'u-alice', groups: ['developers'], extra: { scopes: ['a'] } },
      object: { kind: 'PodExecOptions', apiVersion: 'v1', stdout: true, stderr: true, command: ['ls'] },
      oldObject: null,
      dryRun: false,
      options: null,
      ...request,
    },
    ...envelope,
  };
}
