import { expect } from 'vitest';
import type { Action, ApprovalRequest, ApprovalVote, RequestSpec, VoteDecision } from '../../../src/core/api/kinds.ts';
import { buildVote } from '../../../src/core/approval/act.ts';
import { writtenExec } from '../../builders/exec-action.ts';
import { writtenRequest } from '../../builders/written-request.ts';
import { kubectl, type Result, type User } from './kubectl.ts';
import { deniedRequest, exec, request } from './scene.ts';

/** A command of alice's in web-0 that was denied: the request that was opened for it. */
export async function ask(namespace: string, ...command: readonly string[]): Promise<ApprovalRequest> {
  const { name } = deniedRequest(await exec('alice', namespace, ...command));
  return await request(namespace, name);
}

/** A vote as the user would write it with the right name, and then as `change` makes it. */
export function cast(
  user: User,
  asked: ApprovalRequest,
  decision: VoteDecision,
  change: (vote: ApprovalVote) => object = (vote) => vote,
): Promise<Result> {
  return create(user, change(buildVote(asked, user, decision, undefined)));
}

export function create(user: User, object: object): Promise<Result> {
  return kubectl(user, ['create', '-f', '-'], { stdin: JSON.stringify(object) });
}

/** An ApprovalRequest as a person writes it. */
export function written(namespace: string, name: string, action: Action, more: Partial<RequestSpec> = {}): object {
  return writtenRequest({ action, ...more }, { name, namespace });
}

export function execAction(namespace: string, ...command: readonly string[]): Action {
  return writtenExec(command, namespace);
}

/** The command failed and said why. */
export function expectRefused(result: Result, why: RegExp): void {
  expect(result.stderr).toMatch(why);
  expect(result.code).not.toBe(0);
}

export function expectAccepted(result: Result): void {
  expect(result.stderr).toBe('');
  expect(result.code).toBe(0);
}

export function policyObject(name: string, spec: object): object {
  return { apiVersion: 'sallyport.dev/v1alpha1', kind: 'ApprovalPolicy', metadata: { name }, spec };
}
