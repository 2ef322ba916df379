import type { ApprovalPolicy, ApprovalRequest, ApprovalVote } from '../../core/api/kinds.ts';
import { isGenuine, type Seals } from '../../core/approval/seal.ts';
import type { Submission } from '../../core/evidence/evidence-record.ts';

/** One thing that was seen of an object: `tail` tells it from whatever else is seen of the same one. */
export interface Happening {
  readonly tail: string;
  readonly submission: Submission;
}

type RequestData = Extract<Submission, { kind: 'Request' }>['data'];
type State = RequestData['state'];

const UNSEALED = { unsealed: true } as const;

/**
 * All that has happened to a request, as far as it says: whoever looks for the first time after it was used still tells that
 * it was asked for and approved. It only grows while it is genuine.
 */
export function happeningsOfRequest(
  request: ApprovalRequest,
  seals: Pick<Seals, 'isRequest' | 'isStatus'>,
): readonly Happening[] {
  const { metadata, spec, status } = request;
  const uid = metadata.uid ?? '';
  const reference = `${metadata.namespace ?? ''}/${metadata.name}`;
  const sealed = isGenuine(request, seals);
  const specSealed = sealed || seals.isRequest(metadata.namespace ?? '', spec);

  const change = (state: State, genuine: boolean, at?: string, because?: string, times = 0): Happening => {
    const suffix = `${times === 0 ? '' : `/${times}`}${genuine ? '' : '/unsealed'}`;
    const data: RequestData = {
      uid,
      request: reference,
      state,
      ...(at === undefined ? {} : { at }),
      requester: spec.requester,
      action: spec.action,
      digest: spec.digest,
      ...(spec.reason === undefined ? {} : { reason: spec.reason }),
      policies: (spec.policies ?? []).map(({ name }) => name),
      ...(because === undefined || because === '' ? {} : { because }),
      ...(genuine ? {} : UNSEALED),
    };
    return {
      tail: `${state}${suffix}`,
      submission: { kind: 'Request', id: `request/${uid}/${state}${suffix}`, data },
    };
  };
  const condition = (type: string) => status?.conditions?.find((each) => each.type === type && each.status === 'True');

  const { username: requester, person } = spec.requester ?? {};
  const approved = condition('Approved');
  const state = status?.state;
  const ended = state === undefined || state === 'Pending' || state === 'Approved' ? undefined : state;
  return [
    change('Pending', specSealed, metadata.creationTimestamp),
    ...(approved === undefined && state !== 'Approved'
      ? []
      : [change('Approved', sealed, approved?.lastTransitionTime, approved?.message)]),
    ...(status?.uses ?? []).map((use): Happening => {
      const suffix = sealed ? '' : '/unsealed';
      return {
        tail: `use/${use.decision}${suffix}`,
        submission: {
          kind: 'Use',
          id: `use/${use.decision}${suffix}`,
          data: {
            request: reference,
            requestUID: uid,
            decision: use.decision,
            at: use.at,
            username: use.username,
            ...(person === undefined || use.username !== requester ? {} : { person }),
            digest: use.digest ?? spec.digest ?? '',
            ...(sealed ? {} : UNSEALED),
          },
        },
      };
    }),
    ...(ended === undefined
      ? []
      : [
          change(
            ended,
            sealed,
            status?.endedAt ?? condition(ended)?.lastTransitionTime,
            condition(ended)?.message,
            // What was given back ends once more (R42).
            (status?.uses ?? []).filter(({ givenBack }) => givenBack !== undefined).length,
          ),
        ]),
  ];
}

export function happeningsOfVote(vote: ApprovalVote, seals: Pick<Seals, 'isVote'>): readonly Happening[] {
  const { metadata, spec } = vote;
  const genuine = seals.isVote(vote);
  const suffix = genuine ? '' : '/unsealed';
  return [
    {
      tail: `cast${suffix}`,
      submission: {
        kind: 'Vote',
        id: `vote/${metadata.uid ?? ''}${suffix}`,
        data: {
          uid: metadata.uid ?? '',
          ...(metadata.creationTimestamp === undefined ? {} : { at: metadata.creationTimestamp }),
          request: `${metadata.namespace ?? ''}/${spec.request}`,
          requestUID: spec.requestUID,
          decision: spec.decision,
          voter: spec.voter,
          ...(spec.via === undefined ? {} : { via: spec.via }),
          digest: spec.digest,
          ...(spec.reason === undefined ? {} : { reason: spec.reason }),
          ...(genuine ? {} : UNSEALED),
        },
      },
    },
  ];
}

export function happeningsOfPolicy({ metadata, spec }: ApprovalPolicy): readonly Happening[] {
  const uid = metadata.uid ?? '';
  const generation = metadata.generation ?? 1;
  return [
    {
      tail: `${generation}`,
      submission: {
        kind: 'Policy',
        id: `policy/${uid}/${generation}`,
        data: { uid, name: metadata.name, generation, change: 'Stored', spec },
      },
    },
  ];
}

/** @param generation the last that was seen */
export function policyRemoved(uid: string, name: string, generation: number): Happening {
  return {
    tail: 'removed',
    submission: {
      kind: 'Policy',
      id: `policy/${uid}/removed`,
      data: { uid, name, generation, change: 'Removed' },
    },
  };
}
