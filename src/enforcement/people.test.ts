import { describe, expect, test } from 'vitest';
import { approvalPolicy } from '../../test/builders/approval-policy.ts';
import { execAttributes } from '../../test/builders/attributes.ts';
import { codeOf, messageOf, World } from '../../test/builders/enforcement-world.ts';
import { nobodyMapped, peopleOf } from '../../test/builders/people.ts';
import { requesterClass } from '../core/decision/requester-class.ts';
import { approvalState } from '../core/approval/approval-state.ts';

const PEOPLE = peopleOf([
  { person: 'Alice', usernames: ['alice'], agents: ['robot', 'system:serviceaccount:ai:bot'] },
  { person: 'carol' },
]);
const BOT = 'system:serviceaccount:ai:bot';

async function askedBy(username: string, people = PEOPLE) {
  const world = new World();
  world.settings = { ...world.settings, people: () => people };
  const user = { username, groups: [], extra: {} };
  await world.enforce(execAttributes({ user }));
  const [request] = world.approvals.all();
  if (request === undefined) throw new Error('nothing was asked for');
  return { requester: request.spec.requester, excluded: approvalState(request).excluded };
}

describe('[R21] a request says', () => {
  test.each<[string, string, object, readonly string[]]>([
    ['who its requester is', 'alice', { class: 'Human', person: 'Alice', username: 'alice' }, ['Alice', 'alice']],
    ['that without an entry they are their own username', 'bob', { class: 'Human', person: 'bob' }, ['bob', 'bob']],
    ['whose agent it is', 'robot', { class: 'Agent', person: 'robot', owner: 'Alice' }, ['robot', 'robot', 'Alice']],
    ['that of a ServiceAccount too', BOT, { class: 'Agent', person: BOT, owner: 'Alice' }, [BOT, BOT, 'Alice']],
    ['whom it may be, where that is not known', 'carol', { person: 'carol' }, ['carol', 'carol']],
  ])('%s', async (_, username, requester, excluded) => {
    const asked = await askedBy(username);
    expect(asked.requester).toMatchObject(requester);
    expect(asked.excluded).toEqual(excluded);
  });

  test('and its decision too, asked or not gated; where nobody knows who is who it says nobody', async () => {
    const personOf = async (username: string, change: (world: World) => void = () => undefined) => {
      const world = new World();
      world.settings = { ...world.settings, people: () => PEOPLE };
      change(world);
      await world.enforce(execAttributes({ user: { username, groups: [], extra: {} } }));
      return world.recorder.recorded.map(({ user, code }) => `${code} ${user.person}`);
    };
    expect(await personOf('alice')).toEqual(['ApprovalRequired Alice']);
    expect(await personOf('bob')).toEqual(['ApprovalRequired bob']);
    expect(await personOf('alice', (world) => void (world.policies = []))).toEqual(['NoPolicyMatches Alice']);
    const unknown = (world: World) => void (world.settings = { ...world.settings, people: () => undefined });
    expect(await personOf('alice', unknown)).toEqual(['PeopleUnknown undefined']);
  });

  test('no owner of who is no agent', async () => {
    expect((await askedBy('alice')).requester).not.toHaveProperty('owner');
  });
});

describe('[R21] while the people map cannot be read', () => {
  test('nothing new is asked for, and it is said why', async () => {
    const world = new World();
    world.settings = { ...world.settings, people: () => undefined };
    const outcome = await world.enforce();
    expect(codeOf(outcome)).toBe('Denied PeopleUnknown');
    expect(messageOf(outcome)).toMatch(/cannot read who is who \(ConfigMap sallyport-people\)/);
    expect(world.approvals.all()).toEqual([]);
  });

  test('what is approved already is used', async () => {
    const world = new World();
    world.approve();
    world.settings = { ...world.settings, people: () => undefined };
    expect(codeOf(await world.enforce())).toBe('Allowed Approved');
  });

  test('and what is asked for already is waited for', async () => {
    const world = new World();
    await world.enforce();
    world.settings = { ...world.settings, people: () => undefined };
    expect(codeOf(await world.enforce())).toBe('Asked ApprovalRequired');
  });

  test('what needs no approval goes on', async () => {
    const world = new World();
    world.policies = [];
    world.settings = { ...world.settings, people: () => undefined };
    expect(codeOf(await world.enforce())).toBe('Allowed NoPolicyMatches');
  });
});

test('an agent is a program: where people wait it is refused at once', async () => {
  const world = new World();
  world.settings = { ...world.settings, people: () => PEOPLE };
  world.policies = [approvalPolicy({ wait: { connect: '55s', write: '10m' } })];
  const gatedAs = (username: string) =>
    world.gated(execAttributes({ user: { username, groups: [], extra: {} } })).waiting.connectSeconds;
  expect([gatedAs('alice'), gatedAs('robot')]).toEqual([55, 0]);
});

test('the cluster itself is no agent, whatever the map says', () => {
  const people = () => peopleOf([{ person: 'Eve', agents: ['system:serviceaccount:kube-system:job-controller'] }]);
  const user = { username: 'system:serviceaccount:kube-system:job-controller', groups: [], extra: {} };
  expect(requesterClass(user, { ourUsernames: new Set(), people })).toBe('System');
  expect(requesterClass({ ...user, username: BOT }, { ourUsernames: new Set(), people: nobodyMapped })).toBe(
    'ServiceAccount',
  );
});
