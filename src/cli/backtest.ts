import { BacktestError } from '../audit/backtest/backtest-error.ts';
import { runBacktest } from '../audit/backtest/run-backtest.ts';
import { type EventSource, fileSource, ledgerSources, streamSource } from '../audit/backtest/sources.ts';
import type { JsonObject } from '../core/attributes/json.ts';
import type { BacktestReport } from '../core/backtest/report.ts';
import { toJson } from '../core/notice/structured-output.ts';
import type { KubeClient } from '../platform/kube/client.ts';
import { checkedPolicies, clusterNamespaces, namespacesOf, policiesOf, storedPolicies } from './backtest-inputs.ts';
import { personsOf } from './backtest-people.ts';
import { createBacktestProgress } from './backtest-progress.ts';
import { backtestReport } from './backtest-report.ts';
import { CliError, CommandEndedError } from './cli-error.ts';
import { EXIT } from './exit-code.ts';
import { type ColourChoice, paintFor } from './paint.ts';
import type { PolicyDeps } from './policy-deps.ts';

/** As commander reads them. */
export interface BacktestFlags {
  readonly filename?: readonly string[];
  readonly policy?: readonly string[];
  readonly auditLog?: readonly string[];
  readonly ledger?: string;
  /** Milliseconds, as `until`. */
  readonly since?: number;
  readonly until?: number;
  readonly namespaces?: string;
  readonly people?: string;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly output: 'table' | 'json';
  readonly color: ColourChoice;
}

/** For `--help` and docs/backtest.md. */
export const BACKTEST_EXITS: readonly (readonly [code: number, meaning: string])[] = [
  [EXIT.ok, 'done, whatever was found; lines that are no events are counted and told on stderr'],
  [EXIT.failed, 'the events cannot be read, or not one of the lines is an event'],
  [EXIT.usage, 'wrong usage, or a policy that would be refused: its problems are told'],
  [EXIT.notFound, 'there is no such policy in the cluster'],
  [EXIT.unreachable, 'the cluster cannot be reached (`--policy`, `--namespaces cluster`)'],
  [EXIT.interrupted, 'interrupted'],
];

/** An event of later than that was made up, or by a clock that is wrong: its time would spoil all that is by day. */
const CLOCKS_APART_MS = 24 * 3_600_000;

/** Reads events, asks the policies, prints what they would have done. @throws CliError, CommandEndedError */
export async function backtest(flags: BacktestFlags, deps: PolicyDeps): Promise<void> {
  const { filename = [], policy: names = [], auditLog = [], ledger } = flags;
  if (filename.length + names.length === 0) throw usage('say which policies: -f FILE, or --policy NAME');
  if (auditLog.length === 0 && ledger === undefined)
    throw usage('say where the events are: --audit-log FILE, or --ledger DIRECTORY');
  if ([...filename, ...auditLog].filter((file) => file === '-').length > 1)
    throw usage('standard input can be read once: - stands for -f or for --audit-log, not for both');
  if (flags.since !== undefined && flags.until !== undefined && flags.until <= flags.since)
    throw usage('--until is not after --since');

  const { policies, namespaces } = await withCluster(flags, deps, async (client) => ({
    policies: checkedPolicies(
      [
        ...(await policiesOf(filename, deps.stdin)),
        ...(names.length === 0 ? [] : await storedPolicies(client(), names)),
      ],
      deps.streams,
    ),
    namespaces: await namespacesFor(flags.namespaces, client),
  }));
  const person = flags.people === undefined ? (username: string) => username : await personsOf(flags.people);
  const sources = await readableSources(auditLog, ledger, deps);
  const stop = new AbortController();
  const unlisten = deps.signals.listen(() => stop.abort());
  const progress = createBacktestProgress(deps.streams, deps.clock);
  let report: BacktestReport;
  try {
    report = await runBacktest(
      {
        policies,
        namespace: (name) => namespaces.get(name),
        person,
        sources,
        latest: deps.clock.now() + CLOCKS_APART_MS,
        onProgress: (done) => progress.show(done),
        ...(flags.since === undefined ? {} : { since: flags.since }),
        ...(flags.until === undefined ? {} : { until: flags.until }),
      },
      stop.signal,
    );
  } catch (error) {
    if (stop.signal.aborted) throw new CommandEndedError(EXIT.interrupted);
    throw asCliError(error);
  } finally {
    progress.end();
    unlisten();
  }
  print(report, flags, deps);
}

/** Connects when something of the cluster is first needed. */
async function withCluster<T>(
  { kubeconfig, context }: BacktestFlags,
  deps: PolicyDeps,
  run: (client: () => KubeClient) => Promise<T>,
): Promise<T> {
  let client: KubeClient | undefined;
  try {
    return await run(() => (client ??= deps.connect({ kubeconfig, context })));
  } finally {
    client?.close();
  }
}

async function namespacesFor(
  given: string | undefined,
  client: () => KubeClient,
): Promise<ReadonlyMap<string, JsonObject>> {
  if (given === undefined) return new Map();
  return given === 'cluster' ? await clusterNamespaces(client()) : await namespacesOf(given);
}

async function readableSources(
  files: readonly string[],
  ledger: string | undefined,
  { stdin }: PolicyDeps,
): Promise<readonly EventSource[]> {
  try {
    const segments = ledger === undefined ? [] : await ledgerSources(ledger);
    const logs = await Promise.all(
      files.map(async (file) => (file === '-' ? streamSource('standard input', stdin) : await fileSource(file))),
    );
    return [...segments, ...logs];
  } catch (error) {
    throw asCliError(error);
  }
}

function print(report: BacktestReport, { output, color }: BacktestFlags, { streams }: PolicyDeps): void {
  const { events, broken, firstBroken } = report.read;
  if (events === 0 && broken > 0)
    throw new CliError(
      EXIT.failed,
      `not one line is an audit event; the first: ${firstBroken ?? ''}`,
      'events are those of audit.k8s.io/v1, one a line, as kube-apiserver writes them with --audit-log-path',
    );
  streams.stdout(
    output === 'json' ? toJson(report) : backtestReport(report, paintFor(color, streams.stdoutHasColours)),
  );
  if (broken > 0)
    streams.stderr(
      `${broken} line${broken === 1 ? ' is' : 's are'} no audit event and not counted; the first: ${firstBroken ?? ''}\n`,
    );
}

function asCliError(error: unknown): unknown {
  return error instanceof BacktestError ? new CliError(EXIT.failed, error.message, undefined, { cause: error }) : error;
}

function usage(message: string): CliError {
  return new CliError(EXIT.usage, message, 'see: sallyport policy backtest --help');
}
