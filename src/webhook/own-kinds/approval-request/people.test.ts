import { beforeEach, describe, expect, test } from 'vitest';
import { approvalRequest } from '../../../../test/builders/approval-request.ts';
import {
  type OwnKindsWorld,
  ownKindAttributes,
  ownKindsWorld,
  userNamed,
} from '../../../../test/builders/own-kinds.ts';
import { peopleOf } from '../../../../test/builders/people.ts';
import { writtenRequest } from '../../../../test/builders/written-request.ts';
import type { ApprovalRequest, Requester } from '../../../core/api/kinds.ts';
import type { People } from '../../../core/people/people.ts';
import { mutateOwnKinds, type OwnKindsPorts, validateOwnKinds } from '../review-own-kinds.ts';

const PEOPLE = peopleOf([{ person: 'Alice', usernames: ['alice', 'alice-admin'], agents: ['robot'] }]);
const call = { id: 'decision', deadline: Number.POSITIVE_INFINITY, signal: new AbortController().signal };

let world: OwnKindsWorld;
let people: People | undefined;
let ports: OwnKindsPorts;
beforeEach(() => {
  world = ownKindsWorld();
  people = PEOPLE;
  ports = { ...world.ports, settings: { ...world.ports.settings, people: () => people } };
});

const written = writtenRequest();

async function stampedBy(
  username: string,
  between: () => void = () => undefined,
): Promise<Requester | string | undefined> {
  const review = (object: ApprovalRequest) =>
    ownKindAttributes('approvalrequests', 'CREATE', object, { user: userNamed(username) });
  const mutated = await mutateOwnKinds(ports)(review(written), call);
  if (!mutated.allowed) return mutated.message;
  const [patch] = mutated.patch as { value: ApprovalRequest['spec'] }[];
  const object = { ...written, spec: patch?.value ?? written.spec };
  between();
  const validated = await validateOwnKinds(ports)(review(object), call);
  return validated.allowed ? object.spec.requester : validated.message;
}

describe('[R21] a request that is written by hand', () => {
  test('says who its requester is, and whose agent', async () => {
    expect(await stampedBy('alice-admin')).toMatchObject({ username: 'alice-admin', person: 'Alice', class: 'Human' });
    expect(await stampedBy('robot')).toMatchObject({ person: 'robot', class: 'Agent', owner: 'Alice' });
  });

  test('is refused while nobody knows who is who', async () => {
    people = undefined;
    expect(await stampedBy('alice')).toMatch(/cannot read who is who.*try again in a moment/);
  });

  test('is refused where the map changes between the two reviews', async () => {
    const changes = () => {
      people = peopleOf([{ person: 'Eve', usernames: ['alice'] }]);
    };
    expect(await stampedBy('alice', changes)).toMatch(/try again|not what it would be/);
  });

  test('gets its reason from the user who asked, whatever person the map makes of them', async () => {
    const before = approvalRequest();
    const requester = { username: 'alice', person: 'Alice' };
    const spec = { ...before.spec, requester };
    const update = (username: string) =>
      validateOwnKinds(ports)(
        ownKindAttributes(
          'approvalrequests',
          'UPDATE',
          { ...before, spec: { ...spec, reason: 'INC-7' } },
          {
            user: userNamed(username),
            oldObject: { ...before, spec } as never,
          },
        ),
        call,
      );
    expect((await update('alice')).allowed).toBe(true);
    expect((await update('bob')).allowed).toBe(false);
  });
});
