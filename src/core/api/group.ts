/** The API group and version of our kinds. */
export const GROUP = 'sallyport.dev';
export const VERSION = 'v1alpha1';
export const API_VERSION = `${GROUP}/${VERSION}`;

/** The plural names under which the API server serves our kinds. */
export const PLURALS = {
  ApprovalPolicy: 'approvalpolicies',
  ApprovalRequest: 'approvalrequests',
  ApprovalVote: 'approvalvotes',
} as const;
