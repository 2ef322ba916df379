import { Capability, a } from 'pepr';

/**
 * The policies of the benchmark (bench/admission/policies.ts) in Pepr's terms. Commands are not among them: Pepr has no
 * event for CONNECT, so it allows an exec review without looking.
 */
export const Gate = new Capability({ name: 'gate', description: 'Of the benchmark', namespaces: [] });

const { When } = Gate;

/** What has been approved, by what it is for: as many as an approver could keep in mind. */
const approvals = new Map<string, boolean>(
  Array.from({ length: 1000 }, (_, at): [string, boolean] => [`alice/prod/web-${at + 1}`, true]),
);

When(a.ClusterRoleBinding)
  .IsCreatedOrUpdated()
  .Validate((request) => {
    if (request.Raw.roleRef.name !== 'cluster-admin') return request.Approve();
    const key = `${request.Request.userInfo.username}//${request.Request.name}`;
    return approvals.has(key) ? request.Approve() : request.Deny('needs an approval', 403);
  });

When(a.Deployment)
  .IsUpdated()
  .InNamespace('prod')
  .Validate((request) => {
    if (request.Raw.spec?.replicas !== 0) return request.Approve();
    const key = `${request.Request.userInfo.username}/prod/${request.Request.name}`;
    return approvals.has(key) ? request.Approve() : request.Deny('needs an approval', 403);
  });
