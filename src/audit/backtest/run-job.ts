import type { ApprovalPolicy } from '../../core/api/kinds.ts';
import { type JsonObject, stringAt } from '../../core/attributes/json.ts';
import { printable } from '../../core/attributes/printable.ts';
import type { BacktestCall, BacktestNews } from '../../core/backtest/backtest-call.ts';
import { createPeople, type PeopleMap } from '../../core/people/people.ts';
import { checkPolicies, type WrittenPolicy } from './check-policies.ts';
import { nodeDisk } from '../ledger/node-disk.ts';
import { ledgerSince } from './ledger-since.ts';
import { ManifestError, manifestObjects } from './manifest-objects.ts';
import { ofNamespace } from './of-namespace.ts';
import { runBacktest } from './run-backtest.ts';

/** All that a thread is given. */
export interface BacktestJob {
  readonly call: BacktestCall;
  /** Of the segments. */
  readonly directory: string;
  /** As they are now. */
  readonly namespaces: readonly JsonObject[];
  readonly people: PeopleMap;
  /** Milliseconds. */
  readonly now: number;
  readonly ofOneLedger: boolean;
}

/** Each is judged for each event. */
export const MAX_POLICIES = 10;

/** Objects of one manifest; the others than policies are left alone. */
const MAX_OBJECTS = 100;

/** Of policies with hundreds of rules that are all wrong. */
const MAX_PROBLEMS = 50;

/** For somebody who looks on. */
const PROGRESS_MS = 250;

/**
 * Runs it to its end.
 *
 * @param tell is told all, the end last
 * @throws BacktestError where the ledger cannot be read, and whatever else goes wrong: it names files of this machine, and is
 *   the operator's alone to read
 */
export async function runJob(job: BacktestJob, tell: (news: BacktestNews) => void, signal: AbortSignal): Promise<void> {
  tell(await reportOf(job, tell, signal));
}

async function reportOf(
  { call, directory, namespaces, people, now, ofOneLedger }: BacktestJob,
  tell: (news: BacktestNews) => void,
  signal: AbortSignal,
): Promise<BacktestNews> {
  const read = policiesOf(call.manifests);
  const checked = read.ok ? checkPolicies(read.policies) : read;
  if (!checked.ok) return refused(checked.problems);
  const since = Date.parse(call.since);
  const { sources, from } = await ledgerSince(directory, since, nodeDisk);
  const byName = new Map(namespaces.map((each) => [stringAt(each, 'metadata', 'name') ?? '', each]));
  const known = createPeople(people);
  const persons = new Map<string, string>();
  let told = now;
  const report = await runBacktest(
    {
      policies: checked.policies,
      namespace: (name) => byName.get(name),
      // A user who acts does so many times.
      person: (username) => {
        const person = persons.get(username) ?? known.ofUsername(username).person;
        if (persons.size < MAX_PERSONS) persons.set(username, person);
        return person;
      },
      sources,
      since,
      ...(from === undefined ? {} : { span: { from: Math.min(now, Math.max(since, from)), until: now } }),
      ...(call.namespace === undefined ? {} : { only: ofNamespace(call.namespace) }),
      growing: true,
      onProgress: ({ events, bytes, totalBytes = 0 }) => {
        const at = performance.timeOrigin + performance.now();
        if (at - told < PROGRESS_MS) return;
        told = at;
        const far = call.namespace === undefined ? { bytes, totalBytes } : thousandths(bytes, totalBytes);
        tell({ type: 'Progress', events, ...far });
      },
    },
    signal,
  );
  return { type: 'Report', report, ofOneLedger };
}

const MAX_PERSONS = 10_000;

type Read =
  | { readonly ok: true; readonly policies: readonly WrittenPolicy[] }
  | { readonly ok: false; readonly problems: readonly string[] };

function policiesOf(manifests: BacktestCall['manifests']): Read {
  const policies: WrittenPolicy[] = [];
  const problems: string[] = [];
  for (const { from, text } of manifests) {
    try {
      const objects = manifestObjects(text, MAX_OBJECTS);
      const found = objects.filter((object) => stringAt(object, 'kind') === 'ApprovalPolicy');
      if (found.length === 0) problems.push(`${from} holds no ApprovalPolicy`);
      policies.push(...found.map((policy) => ({ from, policy: policy as unknown as ApprovalPolicy })));
    } catch (error) {
      if (!(error instanceof ManifestError)) throw error;
      problems.push(`cannot read ${from}: ${error.message}`);
    }
  }
  if (policies.length > MAX_POLICIES) problems.push(`these are ${policies.length} policies; ${MAX_POLICIES} at most`);
  return problems.length === 0 ? { ok: true, policies } : { ok: false, problems };
}

function refused(problems: readonly string[]): BacktestNews {
  const shown = problems.slice(0, MAX_PROBLEMS).map((problem) => printable(problem).slice(0, MAX_PROBLEM_CHARACTERS));
  const more = problems.length - shown.length;
  return { type: 'Refused', problems: more > 0 ? [...shown, `and ${more} more`] : shown };
}

const MAX_PROBLEM_CHARACTERS = 1_000;

/** How large the segments are says how much goes on in the whole cluster. */
function thousandths(bytes: number, totalBytes: number): { readonly bytes: number; readonly totalBytes: number } {
  return { bytes: totalBytes === 0 ? 0 : Math.floor((1000 * bytes) / totalBytes), totalBytes: 1000 };
}
