import { GROUP, PLURALS } from '../../core/api/group.ts';

/** Of the ValidatingAdmissionPolicy around our own kinds, and of its binding. */
export const OWN_KINDS_FENCE_NAME = 'sallyport-own-kinds';

/**
 * What our webhook says first of all, once more inside the API server: only we write a status, and nobody asks or votes as
 * somebody else. Who takes our webhook configurations away has this before them still. The words are the webhook's own.
 */
export function ownKindsFence(ourUsernames: readonly string[]): readonly object[] {
  const apiVersion = 'admissionregistration.k8s.io/v1';
  const metadata = { name: OWN_KINDS_FENCE_NAME, labels: { 'app.kubernetes.io/part-of': 'sallyport' } };
  const { ApprovalPolicy, ApprovalRequest, ApprovalVote } = PLURALS;
  const ours = ourUsernames.map((username) => JSON.stringify(username)).join(', ');
  return [
    {
      apiVersion,
      kind: 'ValidatingAdmissionPolicy',
      metadata,
      spec: {
        failurePolicy: 'Fail',
        matchConstraints: {
          resourceRules: [
            rule('UPDATE', [`${ApprovalPolicy}/status`, `${ApprovalRequest}/status`]),
            rule('CREATE', [ApprovalRequest, ApprovalVote]),
          ],
        },
        matchConditions: [{ name: 'not-sallyport-itself', expression: `!(request.userInfo.username in [${ours}])` }],
        validations: [
          {
            expression: `request.operation != 'UPDATE' || request.resource.resource != '${ApprovalPolicy}'`,
            reason: 'Forbidden',
            message: 'the status of an ApprovalPolicy is written by its controller alone',
          },
          {
            expression: `request.operation != 'UPDATE' || request.resource.resource != '${ApprovalRequest}'`,
            reason: 'Forbidden',
            message:
              'the status of an ApprovalRequest is written by Sallyport alone; vote with kubectl sallyport approve or deny',
          },
          {
            expression: `request.operation != 'CREATE' || request.resource.resource != '${ApprovalRequest}' || ${isOfCaller('requester')}`,
            reason: 'Forbidden',
            message: 'spec.requester is not what it would be; leave it out, it is written for you',
          },
          {
            expression: `request.operation != 'CREATE' || request.resource.resource != '${ApprovalVote}' || ${isOfCaller('voter')}`,
            reason: 'Forbidden',
            message: 'the vote is not stamped with who casts it',
          },
        ],
      },
    },
    {
      apiVersion,
      kind: 'ValidatingAdmissionPolicyBinding',
      metadata,
      spec: { policyName: OWN_KINDS_FENCE_NAME, validationActions: ['Deny', 'Audit'] },
    },
  ];
}

function isOfCaller(field: 'requester' | 'voter'): string {
  return `(has(object.spec.${field}) && object.spec.${field}.username == request.userInfo.username)`;
}

function rule(operation: string, resources: readonly string[]): object {
  return { apiGroups: [GROUP], apiVersions: ['*'], operations: [operation], resources, scope: '*' };
}
