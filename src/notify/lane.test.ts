import { expect, test } from 'vitest';
import { FakeClock } from '../ports/fake-clock.ts';
import { createLane } from './lane.ts';
import { type Task, taskId } from './outbox-ports.ts';

const KEY = { key: 'Teams leads', destination: { kind: 'Teams', name: 'leads' } } as const;
const task = (uid: string): Task => ({ namespace: 'prod', name: uid, uid, ...KEY });

function lane() {
  const made = createLane({ clock: new FakeClock(), random: () => 0.5, intervalMs: 1_000, readyAt: 0 });
  const all = () => {
    const order: string[] = [];
    for (let next = made.next(); next !== undefined; next = made.next()) order.push(next.task.uid);
    return order;
  };
  return { ...made, all };
}

test('who is asked goes first, then what changed, then what is over', () => {
  const made = lane();
  made.add(task('over'), 'Ended');
  made.add(task('changed'), 'Changed');
  made.add(task('asked'), 'Asked');
  made.add(task('asked too'), 'Asked');
  expect(made.ahead(taskId(task('over')))).toBe(3);
  expect(made.all()).toEqual(['asked', 'asked too', 'changed', 'over']);
});

test('a request that ends while it waits is not asked before others', () => {
  const made = lane();
  made.add(task('a'), 'Asked');
  made.add(task('b'), 'Asked');
  made.add(task('a'), 'Ended');
  expect(made.all()).toEqual(['b', 'a']);
});

test('what failed waits behind what has not been tried, however often it is offered', () => {
  const made = lane();
  made.add(task('old'), 'Asked');
  const failed = made.next();
  made.add(task('old'), 'Asked');
  if (failed !== undefined) made.retry(failed);
  made.add(task('changed'), 'Changed');
  made.add(task('old'), 'Asked');
  made.add(task('new'), 'Asked');
  made.add(task('over'), 'Ended');
  expect(made.all()).toEqual(['new', 'old', 'changed', 'over']);
});
