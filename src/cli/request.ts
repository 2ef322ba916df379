import type { Action, ApprovalRequest } from '../core/api/kinds.ts';
import { stateOf } from '../core/approval/approval-state.ts';
import { describeAction } from '../core/attributes/action.ts';
import { printable } from '../core/attributes/printable.ts';
import { summarise } from '../core/attributes/summary.ts';
import { type AskedWrite, askedWrite, type DeleteFlags } from './asked-write.ts';
import { type ApprovalWait, awaitApproval } from './await-approval.ts';
import { readStream, type StreamOptions } from './can.ts';
import { CommandEndedError, refused } from './cli-error.ts';
import type { VerbContext } from './context.ts';
import { describeError } from './describe-error.ts';
import { EXIT } from './exit-code.ts';
import type { Kubectl } from './kubectl.ts';
import { type Output, printObjects } from './output.ts';
import { outcomeText } from './outcome-text.ts';
import { plannedObjects, type PlannedWrite } from './planned-objects.ts';
import { giveReason } from './requests.ts';
import { type Sent, sendRequest, type Words, writtenRequest } from './send-request.ts';
import { keyOf } from './show-page.ts';
import { approvedOf } from './wait.ts';
import { userInfo } from './whoami.ts';
import { uselessDuration, wordsNotTaken } from './words-taken.ts';

/** What the plain command would do. */
export type Asked =
  | { readonly type: 'Write'; readonly write: PlannedWrite; readonly flags: DeleteFlags }
  | { readonly type: 'Stream'; readonly stream: StreamOptions };

export interface RequestOptions {
  readonly asked: Asked;
  readonly words: Words;
  readonly output: Exclude<Output, 'wide'> | undefined;
  /** client: prints what would be sent; server: prints it as the server would stamp it. Nothing is asked. */
  readonly dryRun: 'client' | 'server' | undefined;
  /** Undefined: does not wait for the approval. */
  readonly wait: ApprovalWait | undefined;
  readonly kubectl: Kubectl;
  /** `--kubeconfig`, `--context` and `-n` as they were given, for kubectl. */
  readonly connection: readonly string[];
}

/** Objects that somebody else changes all the time cannot be asked for. */
const ATTEMPTS = 5;

/**
 * Asks for the approval of what a plain kubectl command would do, before it is run: the command then finds exactly this
 * request (R12).
 *
 * @throws CommandEndedError where nothing needs approval, or not all of it could be asked for; as `wait` where it waits
 */
export async function request(context: VerbContext, options: RequestOptions): Promise<void> {
  const { words, dryRun, wait } = options;
  const actions = await actionsOf(context, options);
  const written = actions.map((action) => writtenRequest(action, words, context.clock.now()));
  if (dryRun === 'client') {
    printObjects(context.streams, written, options.output ?? 'yaml');
    return;
  }
  const { requests, failed } = await sendAll(context, written, options);
  const output = options.output ?? (dryRun === 'server' ? 'yaml' : undefined);
  if (output !== undefined && requests.length > 0) printObjects(context.streams, requests, output);
  if (failed !== undefined) throw new CommandEndedError(failed);
  if (requests.length === 0) throw new CommandEndedError(EXIT.nothingNeeded);
  if (dryRun !== undefined) return;
  if (wait !== undefined) await waitForAll(context, requests, wait, output);
  else if (output === undefined) sayHowOn(context, requests);
}

async function actionsOf(context: VerbContext, options: RequestOptions): Promise<readonly Action[]> {
  const { client } = context;
  const { asked } = options;
  const user = await userInfo(client);
  if (asked.type === 'Stream') {
    const described = describeAction(await readStream(context, user, asked.stream), (value) => value);
    if (described.kind === 'Action') return [described.action];
    throw refused(described.kind === 'Refused' ? described.message : 'it changes nothing');
  }
  const { write, flags } = asked;
  // Standard input is read once.
  for (let left = write.file === '-' ? 1 : ATTEMPTS; left > 0; left -= 1) {
    const found: AskedWrite[] = [];
    for (const object of await plannedObjects(options.kubectl, write, options.connection))
      found.push(await askedWrite(client, user, write.verb, object, flags));
    if (found.some(({ type }) => type === 'Stale')) continue;
    const unchanged = found.filter(({ type }) => type === 'NothingChanged').length;
    if (unchanged > 0) context.streams.stderr(`${unchanged} of ${found.length} would stay as it is\n`);
    return found.flatMap((each) => (each.type === 'Action' ? [each.action] : []));
  }
  throw refused('what is there changed while it was read', 'try again');
}

/** One after the other; one that is refused does not keep the others from being asked for. */
async function sendAll(
  { client, clock, streams, namespace }: VerbContext,
  written: readonly ApprovalRequest[],
  { dryRun, output }: RequestOptions,
): Promise<{ requests: readonly ApprovalRequest[]; failed: number | undefined }> {
  const requests: ApprovalRequest[] = [];
  let failed: number | undefined;
  if (written.length === 0) streams.stderr('nothing to ask for: it changes nothing\n');
  for (const each of written) {
    const what = summaryOf(each);
    try {
      const first = await sendRequest(client, each, { dryRun: dryRun === 'server', elsewhere: namespace });
      const sent = await joined(client, first, each, dryRun);
      if (sent.type === 'NotNeeded') {
        streams.stderr(printable(`${what}: no policy asks for approval of this`).concat('\n'));
        continue;
      }
      if (sent.type === 'Joined') streams.stderr(printable(joinedText(what, sent, each)).concat('\n'));
      const useless = sent.type === 'Asked' ? uselessDuration(sent.request) : undefined;
      if (useless !== undefined) streams.stderr(`${useless}\n`);
      requests.push(sent.request);
      if (output === undefined && dryRun === undefined) streams.stdout(`${outcomeText(sent.request, clock.now())}\n`);
    } catch (error) {
      const { exitCode, line } = describeError(error);
      failed ??= exitCode;
      streams.stderr(`error: ${printable(`${what}: ${line ?? ''}`)}\n`);
    }
  }
  return { requests, failed };
}

/** The request that is open already takes our reason, where it has none. */
async function joined(
  client: VerbContext['client'],
  sent: Sent,
  { spec: { reason } }: ApprovalRequest,
  dryRun: RequestOptions['dryRun'],
): Promise<Sent> {
  if (sent.type !== 'Joined' || dryRun !== undefined || reason === undefined) return sent;
  if (sent.request.spec.reason !== undefined || stateOf(sent.request) !== 'Pending') return sent;
  return { type: 'Joined', request: await giveReason(client, sent.request, reason) };
}

function joinedText(
  what: string,
  { request: open }: Extract<Sent, { type: 'Joined' }>,
  asked: ApprovalRequest,
): string {
  return [`${what}: ${keyOf(open)} asks for the same already`, ...wordsNotTaken(open, asked)].join(', ');
}

async function waitForAll(
  context: VerbContext,
  requests: readonly ApprovalRequest[],
  wait: ApprovalWait,
  output: Output | undefined,
): Promise<void> {
  for (const { metadata } of requests) {
    const reference = { namespace: metadata.namespace ?? '', name: metadata.name ?? '' };
    const approved = approvedOf(context, await awaitApproval(context, reference, wait));
    if (output === undefined) context.streams.stdout(`${outcomeText(approved, context.clock.now())}\n`);
  }
}

function sayHowOn({ streams }: VerbContext, requests: readonly ApprovalRequest[]): void {
  const keys = requests.filter((each) => stateOf(each) === 'Pending').map((each) => printable(keyOf(each)));
  streams.stderr(
    keys.length === 0
      ? 'approved: run the command\n'
      : `when it is approved, run the command; to wait for that:\n${keys.map((key) => `  kubectl sallyport wait ${key}\n`).join('')}`,
  );
}

function summaryOf({ spec }: ApprovalRequest): string {
  const { action, target } = summarise(spec.action);
  return `${action} on ${target}`;
}
