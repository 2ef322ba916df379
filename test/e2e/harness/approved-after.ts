import { setTimeout as delay } from 'node:timers/promises';
import { achieves } from '../../harness/achieves.ts';
import type { ApiClient } from './api-client.ts';
import type { Result } from './kubectl.ts';
import { request, requests } from './scene.ts';
import { postApproval } from './votes.ts';

/** The name of the one request of the namespace that is pending, once there is one. */
export function pendingRequest(namespace: string): Promise<string> {
  return achieves('a pending request', async () => {
    const pending = (await requests(namespace)).find(({ status }) => status?.state === 'Pending');
    return pending?.metadata.name ?? Promise.reject(new Error('none yet'));
  });
}

/** Posts bob's vote once `seconds` have passed, and says when the command came back after that. */
export async function approvedAfter(
  seconds: number,
  namespace: string,
  bob: ApiClient,
  command: Promise<Result>,
): Promise<{ result: Result; latencyMs: number }> {
  const started = Date.now();
  const pending = await request(namespace, await pendingRequest(namespace));
  await delay(Math.max(started + seconds * 1000 - Date.now(), 0));
  const approving = Date.now();
  const [result, vote] = await Promise.all([command, postApproval(bob, 'bob', pending)]);
  if (vote.code !== 201) throw new Error(`the vote of bob: ${vote.code} ${vote.body}`);
  return { result, latencyMs: Date.now() - approving };
}
