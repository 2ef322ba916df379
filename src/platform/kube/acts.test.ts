import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { peopleOf } from '../../../test/builders/people.ts';
import { type Fault, ScriptedApiServer } from '../../../test/harness/scripted-api-server.ts';
import { status } from '../../../test/harness/versioned-store.ts';
import type { ApprovalVote } from '../../core/api/kinds.ts';
import { voteName } from '../../core/approval/act.ts';
import type { People } from '../../core/people/people.ts';
import type { Act } from '../../ports/acts.ts';
import { systemClock } from '../clock/system-clock.ts';
import { createActs } from './acts.ts';
import { DEFAULT_CLIENT_LIMITS, type KubeClient, loadKubeClient } from './client.ts';

const VOTES = '/apis/sallyport.dev/v1alpha1/approvalvotes';
const PEOPLE = peopleOf([{ person: 'Bob', usernames: ['bob'], slack: ['T01/U01'] }]);
const ACT: Act = {
  request: { namespace: 'prod', name: 'exec-web-0', uid: 'u1', digest: 'sha256:d' },
  decision: 'Deny',
  reason: 'no',
  onBehalfOf: { kind: 'Slack', id: 'T01/U01', slackGroups: ['oncall'] },
};

let server: ScriptedApiServer;
let client: KubeClient;
let people: People | undefined;
beforeEach(async () => {
  server = await new ScriptedApiServer().listen();
  client = loadKubeClient({ kubeconfig: server.kubeconfig }, DEFAULT_CLIENT_LIMITS, systemClock);
  people = PEOPLE;
});
afterEach(async () => {
  client.close();
  await server[Symbol.asyncDispose]();
});

const cast = (act: Act = ACT, signal = new AbortController().signal) =>
  createActs(client, { now: () => people }).cast(act, signal);

describe('[R22] an act of a channel', () => {
  test('is a vote of the request that was shown, on behalf, under the name of the person', async () => {
    expect(await cast()).toEqual({ kind: 'Cast' });
    const votes = server.store.objects(VOTES) as unknown as ApprovalVote[];
    expect(votes).toMatchObject([
      {
        metadata: { namespace: 'prod', name: voteName({ name: 'exec-web-0', uid: 'u1' }, 'Bob', 'Deny') },
        spec: {
          request: 'exec-web-0',
          requestUID: 'u1',
          digest: 'sha256:d',
          decision: 'Deny',
          reason: 'no',
          onBehalfOf: ACT.onBehalfOf,
        },
      },
    ]);
  });

  test('of whom nobody has entered is none', async () => {
    const result = await cast({ ...ACT, onBehalfOf: { kind: 'Slack', id: 'T01/U02' } });
    expect(result).toMatchObject({ kind: 'Refused', code: 'NoEntry' });
    expect(server.store.objects(VOTES)).toEqual([]);
  });

  test('is none while nobody knows who is who', async () => {
    people = undefined;
    expect(await cast()).toMatchObject({ kind: 'Unavailable' });
    expect(server.store.objects(VOTES)).toEqual([]);
  });

  const denied = (words: string) =>
    status(
      403,
      'Forbidden',
      `approvalvotes "x" is forbidden: admission webhook "own-kinds" denied the request: ${words}`,
    );
  const json = (code: number, body: object): Fault => ({ type: 'Json', status: code, body });
  const later = { kind: 'Unavailable', message: 'the vote could not be cast now; try again in a moment' };

  test.each<[string, Fault, object]>([
    [
      'the webhook refuses is told in its words, without the tail',
      json(403, denied('no stage lists bob [sallyport code=NotAnApprover request=prod/exec-web-0]')),
      { kind: 'Refused', code: 'NotAnApprover', message: 'no stage lists bob' },
    ],
    [
      'without a tail too',
      json(403, denied('look again')),
      { kind: 'Refused', code: 'Refused', message: 'look again' },
    ],
    [
      'was cast before says so',
      json(409, status(409, 'AlreadyExists', 'exists')),
      { kind: 'Refused', code: 'AlreadyVoted', message: 'Bob has voted already' },
    ],
    ['conflicts may be tried again', json(409, status(409, 'Conflict', 'x')), later],
    [
      'meets a map that is not read yet may be tried again',
      json(403, denied('x [sallyport code=PeopleUnknown]')),
      later,
    ],
    ['meets another map may be tried again', json(403, denied('x [sallyport code=VoteName name=y]')), later],
    [
      'we have no right to cast tells nobody our names',
      json(403, status(403, 'Forbidden', 'User "system:serviceaccount:x:y" cannot create resource')),
      later,
    ],
    ['is too much may be tried again', json(429, status(429, 'TooManyRequests', 'x')), later],
    ['nobody could judge may be tried again', json(500, status(500, 'InternalError', 'failed calling webhook')), later],
  ])('that %s', async (_, fault, expected) => {
    server.script = ({ method }) => (method === 'POST' ? fault : undefined);
    expect(await cast()).toEqual(expected);
  });

  test('ends with its signal', async () => {
    const stop = new AbortController();
    stop.abort();
    await expect(cast(ACT, stop.signal)).rejects.toThrow(/abort/i);
  });
});
