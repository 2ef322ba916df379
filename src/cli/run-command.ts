import type { ApprovalRequest } from '../core/api/kinds.ts';
import { stateOf } from '../core/approval/approval-state.ts';
import { printable } from '../core/attributes/printable.ts';
import { KubeApiError } from '../platform/kube/errors.ts';
import { type ApprovalWait, awaitApproval } from './await-approval.ts';
import { CliError, CommandEndedError, refused } from './cli-error.ts';
import type { Argv, CommandEnd, Commands } from './commands.ts';
import type { VerbContext } from './context.ts';
import { createDenialFilter, type HeldDenials } from './denial-filter.ts';
import { EXIT } from './exit-code.ts';
import { type RequestReference, requestReference } from './request-reference.ts';
import { getRequest, giveReason } from './requests.ts';
import { approvedOf } from './wait.ts';
import { whoAmI } from './whoami.ts';

/** A policy that comes to match meanwhile asks anew; who is asked this often should look at what happens. */
const ROUNDS = 5;
/** An enforcement point learns of an approval within a second of us. */
const SETTLE_MS = 1_000;
/** The clocks of API server and caller, and a request's time in whole seconds. */
const SKEW_MS = 60_000;

export interface RunWait extends ApprovalWait {
  /** Given to each request that the command opens without one. */
  readonly reason: string | undefined;
}

/**
 * Runs a command; when it is denied because it needs approval, waits until that is given and runs it again. Ends as the
 * command ends.
 *
 * @throws CommandEndedError with the command's own exit code; CliError when the request ends otherwise
 */
export async function runCommand(context: VerbContext, argv: Argv, commands: Commands, wait: RunWait): Promise<void> {
  const { clock, streams } = context;
  const waitedFor = new Set<string>();
  for (let round = 1; ; round += 1) {
    const startedAt = clock.now();
    const filter = createDenialFilter((bytes) => commands.show(bytes), clock);
    const end = await commands.run(argv, (chunk) => filter.write(chunk));
    const held = filter.end();
    const asked = await denials(context, end, held, startedAt, waitedFor);
    if (asked.length === 0) {
      for (const line of held.lines) commands.show(line);
      throw new CommandEndedError(end.exitCode);
    }
    if (round > ROUNDS) throw new CliError(EXIT.ended, `denied again after ${ROUNDS} approvals: ${asked.join(', ')}`);
    if (!commands.repeatable()) {
      for (const line of held.lines) commands.show(line);
      throw new CliError(EXIT.ended, 'its input is too long to be kept', 'wait for the approval, and run it again');
    }
    for (const key of asked) {
      const reference = requestReference(key, { ...context, namespaceGiven: false });
      if (wait.reason !== undefined) await giveReasonOnce(context, reference, wait.reason);
      approvedOf(context, await awaitApproval(context, reference, wait));
      if (waitedFor.has(key)) await clock.sleep(SETTLE_MS);
      waitedFor.add(key);
    }
    streams.stderr('approved; running it again\n');
  }
}

/**
 * The requests that a failed command waits for. What runs in a container writes to the same stderr, so a line is believed
 * only as far as the cluster bears it out: the request is the caller's own, and was not approved when the command began.
 */
async function denials(
  context: VerbContext,
  end: CommandEnd,
  { requests }: HeldDenials,
  startedAt: number,
  waitedFor: ReadonlySet<string>,
): Promise<readonly string[]> {
  if (end.exitCode === 0 || end.signalled || requests.length === 0) return [];
  const me = await whoAmI(context.client);
  for (const key of requests) {
    const problem = await doubt(context, key, me, startedAt - SKEW_MS, waitedFor);
    if (problem === undefined) continue;
    context.streams.stderr(`${printable(`not waiting for ${key}: ${problem}`)}\n`);
    return [];
  }
  return requests;
}

async function doubt(
  context: VerbContext,
  key: string,
  me: string,
  since: number,
  waitedFor: ReadonlySet<string>,
): Promise<string | undefined> {
  try {
    const request = await getRequest(
      context.client,
      requestReference(key, { namespace: context.namespace, namespaceGiven: false }),
    );
    if (request.spec.requester?.username !== me) return `it is not of ${me}`;
    return !waitedFor.has(key) && approvedBefore(request, since)
      ? 'it was approved before the command began'
      : undefined;
  } catch (error) {
    if (error instanceof CliError) return error.message;
    throw error;
  }
}

/** Whoever joins a request that says why already leaves it as it is. */
async function giveReasonOnce({ client }: VerbContext, reference: RequestReference, reason: string): Promise<void> {
  const request = await getRequest(client, reference);
  if (request.spec.reason !== undefined || stateOf(request) !== 'Pending') return;
  await giveReason(client, request, reason).catch((error: unknown) => {
    // A webhook's words go on as they are: they say what to do.
    throw error instanceof KubeApiError ? refused(`the reason was refused: ${error.message}`) : error;
  });
}

function approvedBefore(request: ApprovalRequest, since: number): boolean {
  if (stateOf(request) !== 'Approved') return false;
  const approved = request.status?.conditions?.find((condition) => condition.type === 'Approved');
  return !(Date.parse(approved?.lastTransitionTime ?? '') >= since);
}
