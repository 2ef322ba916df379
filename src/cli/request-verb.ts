import { type Command, InvalidArgumentError, Option } from 'commander';
import { type StreamVerb, STREAMS } from './can.ts';
import { usageError } from './cli-error.ts';
import { afterDashes } from './command-line.ts';
import type { CliDeps } from './deps.ts';
import type { PlannedWrite, WriteVerb } from './planned-objects.ts';
import { WRITES } from './planned-objects.ts';
import type { Asked } from './request.ts';
import { request } from './request.ts';
import { parseDuration, parseReason, parseTicket, parseTimeout } from './parse-options.ts';
import { isStream, PORTS_NOTE, type StreamWords, streamWords } from './stream-words.ts';
import { type GlobalOptions, verb, withClient } from './verb.ts';

const DRY_RUNS = ['client', 'server'] as const;
const CASCADES = { background: 'Background', foreground: 'Foreground', orphan: 'Orphan' } as const;

interface RequestFlags {
  readonly reason: string;
  readonly ticket?: string;
  readonly duration?: string;
  readonly wait: boolean;
  readonly timeout?: number;
  readonly dryRun?: (typeof DRY_RUNS)[number];
  readonly filename?: string;
  readonly serverSide?: true;
  readonly cascade?: keyof typeof CASCADES;
  readonly gracePeriod?: number;
  readonly container?: string;
  readonly stdin?: true;
  readonly tty?: true;
}

/** Which of the flags each of kubectl's verbs has; another one would be asked for and not sent. */
const FLAGS = {
  filename: { name: '-f', of: WRITES },
  serverSide: { name: '--server-side', of: ['apply'] },
  cascade: { name: '--cascade', of: ['delete'] },
  gracePeriod: { name: '--grace-period', of: ['delete'] },
  container: { name: '-c', of: ['exec', 'attach'] },
  stdin: { name: '-i', of: ['exec', 'attach'] },
  tty: { name: '-t', of: ['exec', 'attach'] },
} as const satisfies Partial<Record<keyof RequestFlags, { name: string; of: readonly (WriteVerb | StreamVerb)[] }>>;

/** What `request` takes in front of the rest of a kubectl command. */
export const REQUESTED: readonly string[] = [...WRITES, ...Object.keys(STREAMS)];

/** An option that is not ours is mostly of a command that is not either. */
const ANOTHER = '(for another kubectl command: kubectl sallyport run --reason WHY -- kubectl …)';

export function addRequestVerb(program: Command, deps: CliDeps): void {
  verb(program, 'request', 'ask for the approval of a kubectl command before it is run')
    .configureOutput({
      outputError: (text, write) => write(text.startsWith('error: unknown option') ? `${text}${ANOTHER}\n` : text),
    })
    .usage(
      `[options] -f FILE | apply|create|replace|delete -f FILE | delete KIND NAME |
         exec POD -- COMMAND [ARGS...] | attach POD | port-forward POD [PORT...]`,
    )
    .argument('[verb]', 'what kubectl would do (default: apply)')
    .argument('[words...]', 'to what')
    .requiredOption('-r, --reason <text>', 'why you ask', parseReason)
    .option('--ticket <text>', 'a ticket that it belongs to', parseTicket)
    .option('--duration <duration>', 'of a window, a shorter one than the policy gives', parseDuration)
    .option('-f, --filename <file>', 'YAML or JSON; - is standard input')
    .option('--server-side', 'as kubectl apply --server-side')
    .addOption(new Option('--cascade <how>', 'as kubectl delete').choices(Object.keys(CASCADES)))
    .option('--grace-period <seconds>', 'as kubectl delete', parseSeconds)
    .option('-c, --container <name>', 'container (default: as kubectl)')
    .option('-i, --stdin', 'with standard input')
    .option('-t, --tty', 'with a terminal')
    .addOption(new Option('--dry-run <where>', 'only print what would be asked').choices(DRY_RUNS))
    .option('--wait', 'wait until it is approved', false)
    .option('--timeout <duration>', 'with --wait: for how long, such as 90s or 1h', parseTimeout)
    .action(async (what: string | undefined, words: readonly string[], flags: RequestFlags, command: Command) => {
      const asked = askedBy(what ?? 'apply', words, afterDashes(command), flags);
      if (flags.timeout !== undefined && !flags.wait) throw usageError('--timeout is for --wait');
      if (flags.dryRun !== undefined && flags.wait) throw usageError('a dry run waits for nothing');
      if (what === 'port-forward' && words.length > 1) deps.streams.stderr(PORTS_NOTE);
      await withClient(command, deps, async (context, options) => {
        if (options.output === 'wide') throw usageError('-o wide is for list');
        await request(context, {
          asked,
          words: flags,
          output: options.output,
          dryRun: flags.dryRun,
          wait: flags.wait ? { signals: deps.signals, timeoutMs: flags.timeout } : undefined,
          kubectl: deps.kubectl,
          connection: connectionOf(options),
        });
      });
    });
}

function askedBy(what: string, words: readonly string[], typed: readonly string[], flags: RequestFlags): Asked {
  for (const [flag, { name, of }] of Object.entries(FLAGS)) {
    const taken: readonly string[] = of;
    if (flags[flag as keyof typeof FLAGS] !== undefined && !taken.includes(what))
      throw usageError(`${name} is not of kubectl ${what}`);
  }
  if (isWrite(what)) return writeOf(what, words, typed, flags);
  if (isStream(what)) return streamOf(streamWords(what, words, typed), flags);
  throw usageError(`request takes one of ${REQUESTED.join(', ')}, not "${what}"; for another command: run`);
}

function writeOf(what: WriteVerb, words: readonly string[], typed: readonly string[], flags: RequestFlags): Asked {
  const { filename: file, serverSide = false, cascade, gracePeriod } = flags;
  if (typed.length > 0) throw usageError(`kubectl ${what} has nothing behind --`);
  if (what !== 'delete' && file === undefined) throw usageError(`what to ${what}: -f FILE`);
  if (words.length > 0 && (what !== 'delete' || file !== undefined))
    throw usageError(`-f says all of it, not also "${words.join(' ')}"`);
  if (what === 'delete' && file === undefined && words.length === 0)
    throw usageError('what to delete: KIND NAME, or -f FILE');
  const isWhole = words.length === 1 && !(words[0] ?? '').includes('/');
  if (isWhole) throw usageError('name what is deleted: a whole collection cannot be asked for');
  const write: PlannedWrite = { verb: what, file, words, serverSide };
  return {
    type: 'Write',
    write,
    flags: {
      ...(cascade === undefined ? {} : { propagationPolicy: CASCADES[cascade] }),
      ...(gracePeriod === undefined ? {} : { gracePeriodSeconds: gracePeriod }),
    },
  };
}

function streamOf({ verb: what, pod, command }: StreamWords, flags: RequestFlags): Asked {
  const { container, stdin = false, tty = false } = flags;
  return { type: 'Stream', stream: { verb: what, pod, container, stdin, tty, command } };
}

function isWrite(what: string): what is WriteVerb {
  return (WRITES as readonly string[]).includes(what);
}

function connectionOf({ kubeconfig, context, namespace }: GlobalOptions): readonly string[] {
  return [
    ...(kubeconfig === undefined ? [] : [`--kubeconfig=${kubeconfig}`]),
    ...(context === undefined ? [] : [`--context=${context}`]),
    ...(namespace === undefined ? [] : [`--namespace=${namespace}`]),
  ];
}

function parseSeconds(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It is a number of seconds.');
  return Number(text);
}
