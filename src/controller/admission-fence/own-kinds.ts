import { GROUP, PLURALS } from '../../core/api/group.ts';
import { celList } from '../cel-list.ts';
import { isOneOf } from '../webhook-configuration/not-the-cluster-itself.ts';
import { fencedRule, fenceObjects } from './fence-objects.ts';

/** Of the ValidatingAdmissionPolicy around our own kinds, and of its binding. */
export const OWN_KINDS_FENCE_NAME = 'sallyport-own-kinds';

export interface OwnKindsInput {
  readonly ourUsernames: readonly string[];
  /** R22: usernames of the channels, which vote for others; by kind of whom they vote for. */
  readonly voteOnBehalf: { readonly slack: readonly string[]; readonly console: readonly string[] };
  /** R23: whether an impersonated user shows by the credential id that is missing. */
  readonly impersonationShows: boolean;
}

/**
 * What our webhook says first of all, once more inside the API server: only we write a status, and nobody asks or votes as
 * somebody else, but for the channels. Who takes our webhook configurations away has this before them still. The words are the webhook's own.
 */
export function ownKindsFence(input: OwnKindsInput): readonly object[] {
  const { ApprovalPolicy, ApprovalRequest, ApprovalVote } = PLURALS;
  const channel = isOfChannel(input);
  const isVote = `request.operation == 'CREATE' && request.resource.resource == '${ApprovalVote}'`;
  return fenceObjects(OWN_KINDS_FENCE_NAME, {
    matchConstraints: {
      resourceRules: [
        fencedRule(GROUP, ['UPDATE'], [`${ApprovalPolicy}/status`, `${ApprovalRequest}/status`]),
        fencedRule(GROUP, ['CREATE'], [ApprovalRequest, ApprovalVote]),
      ],
    },
    matchConditions: [
      {
        name: 'not-sallyport-itself',
        expression: `!(request.userInfo.username in ${celList(input.ourUsernames)})`,
      },
    ],
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
        expression: `!(${isVote}) || ${isOfCaller('voter')} || ${channel}`,
        reason: 'Forbidden',
        message: 'the vote is not stamped with who casts it',
      },
      {
        expression: `!(${isVote}) || !has(object.spec.onBehalfOf) || ${channel}`,
        reason: 'Forbidden',
        message: 'spec.onBehalfOf is for the identities of channels alone; leave it out, you vote as yourself',
      },
    ],
  });
}

/** CEL: whether the vote is one for somebody of the caller's own channel. */
function isOfChannel({ voteOnBehalf: { slack, console }, impersonationShows }: OwnKindsInput): string {
  const kinds = [
    ['Slack', slack],
    ['OIDC', console],
  ] as const;
  const ways = kinds.map(
    ([kind, usernames]) =>
      `(object.spec.onBehalfOf.kind == '${kind}' && ${isOneOf(usernames, { impersonationShows })})`,
  );
  return `(has(object.spec.voter) && has(object.spec.onBehalfOf) && (${ways.join(' || ')}))`;
}

function isOfCaller(field: 'requester' | 'voter'): string {
  return `(has(object.spec.${field}) && object.spec.${field}.username == request.userInfo.username)`;
}
