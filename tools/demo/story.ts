/** Who types a command. Each has a kubeconfig of their own. */
export type Actor = 'admin' | 'alice' | 'bob';

/** One command of the demo, what is said before it, and what must come of it. */
export interface Step {
  readonly say?: string;
  readonly user: Actor;
  /** Words of the command line; `REQUEST` stands for the request that was opened. */
  readonly command: readonly string[];
  readonly succeeds: boolean;
  /** What the output must contain, or the demo has failed. */
  readonly shows: readonly string[];
  /** The denial names the request that later commands mean. */
  readonly opensRequest?: true;
}

/** Stands in a step for the name of the request that the demo is about. */
export const REQUEST = 'REQUEST';

const COMMAND = ['kubectl', 'exec', '-n', 'prod', 'web-0', '--', 'id'];
const APPROVALS = ['kubectl', 'get', 'approvals', '-n', 'prod'];

/** The main job: denied, asked, approved by a second person, allowed once. */
export const STORY: readonly Step[] = [
  {
    say: 'The policy: a command in a container of production needs one person of the group sre.',
    user: 'admin',
    command: ['kubectl', 'apply', '-f', 'examples/approval-policy.yaml'],
    succeeds: true,
    shows: ['approvalpolicy.sallyport.dev/production-exec'],
  },
  {
    user: 'admin',
    command: ['kubectl', 'wait', '--for=condition=Enforced', 'approvalpolicy/production-exec', '--timeout=20s'],
    succeeds: true,
    shows: ['condition met'],
  },
  {
    say: 'alice is a developer. Where no policy asks for more, RBAC is enough, and nothing has changed for her.',
    user: 'alice',
    command: ['kubectl', 'exec', '-n', 'dev', 'web-0', '--', 'id'],
    succeeds: true,
    shows: ['uid=0'],
  },
  {
    say: 'The same in production does not run. Sallyport has asked for her, and says what to do next.',
    user: 'alice',
    command: COMMAND,
    succeeds: false,
    shows: ['needs 1 of group sre', 'NOT executed', 'code=ApprovalRequired'],
    opensRequest: true,
  },
  {
    user: 'alice',
    command: APPROVALS,
    succeeds: true,
    shows: [REQUEST, 'exec id', '0/1', 'Pending'],
  },
  {
    say: 'She cannot approve it herself.',
    user: 'alice',
    command: ['kubectl', 'sallyport', 'approve', '-n', 'prod', REQUEST, '--yes'],
    succeeds: false,
    shows: ['nobody approves their own request', 'code=SelfApproval'],
  },
  {
    say: 'bob is an SRE. He looks at what exactly he would approve.',
    user: 'bob',
    command: ['kubectl', 'sallyport', 'show', '-n', 'prod', REQUEST],
    succeeds: true,
    shows: ['User:       alice', 'Command:    id', 'Missing: 1 of group sre', 'it is that of what is shown above'],
  },
  {
    say: 'He approves it.',
    user: 'bob',
    command: ['kubectl', 'sallyport', 'approve', '-n', 'prod', REQUEST, '--yes', '--reason', 'looks right'],
    succeeds: true,
    shows: ['is Approved (1/1)'],
  },
  {
    say: 'alice runs the same command again, with the same kubectl. Now it goes through.',
    user: 'alice',
    command: COMMAND,
    succeeds: true,
    shows: ['uid=0'],
  },
  {
    say: 'An approval is good for one use.',
    user: 'alice',
    command: COMMAND,
    succeeds: false,
    shows: ['NOT executed', 'code=AlreadyUsed'],
  },
  {
    say: 'What is left: who asked for what, and what became of it.',
    user: 'alice',
    command: APPROVALS,
    succeeds: true,
    shows: [REQUEST, '1/1', 'Consumed'],
  },
];
