import { cut } from '../api/cut.ts';
import { printable } from '../attributes/printable.ts';
import type { Alarm, AlarmKind } from './alarm.ts';

/** Alarms of one kind that are told together. */
export interface CountedAlarms {
  readonly alarm: AlarmKind;
  readonly count: number;
  /** Numbers of the first and the last of their records. */
  readonly first: number;
  readonly last: number;
  /** When the earliest and the latest of them happened, as the API server says. */
  readonly from: string;
  readonly to: string;
  /** What the first of them say, as their records have it. */
  readonly examples: readonly string[];
}

/** What people are told of alarms, in every channel: texts that are cut and printable, and that each channel escapes. */
export interface AlarmNotice {
  readonly alarm: AlarmKind;
  readonly count: number;
  /** Ours alone: nobody's name or other text stands in it. */
  readonly title: string;
  /** One sentence each; they hold names that others chose. */
  readonly examples: readonly string[];
  /** Where there are more. */
  readonly omitted?: string;
  /** What is known besides, in our own words. */
  readonly facts: readonly { readonly label: string; readonly text: string }[];
  /** The alarms in the console. */
  readonly link?: string;
}

/** Enough to know what it is about; the ledger has all of them, and whoever raises thousands must not fill a telephone. */
const EXAMPLES = 5;
/** Of each. Slack takes 3,000 characters a text, a card of Teams 28 KB. */
const EXAMPLE_LIMIT = 500;
const TIME_LIMIT = 40;

const TITLES: Readonly<Record<AlarmKind, string>> = {
  Bypass: 'an action went round the gate',
  Loss: 'what was decided and what the API server tells of do not fit',
  Impersonation: 'somebody voted, or asked, in the name of somebody else',
  GateRemoved: 'a part of the gate was changed or deleted',
};

/** @param before of the same kind, with smaller numbers */
export function countAlarm(
  before: CountedAlarms | undefined,
  seq: number,
  { alarm, at, message }: Alarm,
): CountedAlarms {
  if (before === undefined) return { alarm, count: 1, first: seq, last: seq, from: at, to: at, examples: [message] };
  return {
    ...before,
    count: before.count + 1,
    last: seq,
    // Stages of several API servers come in any order.
    from: at < before.from ? at : before.from,
    to: at > before.to ? at : before.to,
    examples: before.examples.length < EXAMPLES ? [...before.examples, message] : before.examples,
  };
}

/**
 * @param brief without the examples: for a destination that refuses the message, since a name in it may be the reason, and
 *   whoever chose that name must not keep the alarm from being told
 */
export function alarmNotice(
  { alarm, count, first, last, from, to, examples }: CountedAlarms,
  { consoleUrl, brief = false }: { readonly consoleUrl?: string; readonly brief?: boolean } = {},
): AlarmNotice {
  const shown = brief ? [] : examples.map((message) => printable(cut(message, EXAMPLE_LIMIT)));
  const more = count - shown.length;
  const times = count === 1 ? '' : ` (${count} times)`;
  return {
    alarm,
    count,
    title: `Alarm ${alarm}: ${TITLES[alarm]}${times}`,
    examples: shown,
    ...(more === 0 ? {} : { omitted: shown.length === 0 ? `${more} not shown here` : `and ${more} more` }),
    facts: [
      { label: 'When', text: from === to ? time(from) : `${time(from)} to ${time(to)}` },
      { label: 'In the ledger', text: first === last ? `record ${first}` : `records ${first} to ${last}` },
      { label: 'Look', text: `kubectl sallyport audit -A --kind Alarm --since ${day(from)}` },
    ],
    ...(consoleUrl === undefined ? {} : { link: `${consoleUrl.replace(/\/+$/, '')}/evidence?kind=Alarm` }),
  };
}

function time(at: string): string {
  const ms = Date.parse(at);
  return Number.isNaN(ms)
    ? printable(cut(at, TIME_LIMIT))
    : `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** What somebody can type. */
function day(at: string): string {
  const ms = Date.parse(at);
  return Number.isNaN(ms) ? '1d' : new Date(ms).toISOString().slice(0, 10);
}
