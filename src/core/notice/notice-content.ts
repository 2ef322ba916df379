import { cut } from '../api/cut.ts';
import type { Action, ApprovalRequest, Change, ExecOptions } from '../api/kinds.ts';
import { isAnyValue } from '../attributes/ignored-paths.ts';
import { type Json, isJsonObject } from '../attributes/json.ts';
import { printable } from '../attributes/printable.ts';
import { quote } from '../attributes/summary.ts';
import { ignorePathsOf } from '../decision/ignore-paths.ts';
import { quotedLines } from './action-lines.ts';
import type { Notice } from './notice.ts';
import { figure, isShortened, type NoticeLimits, shortened } from './notice-limits.ts';
import { toYaml } from './structured-output.ts';

export type NoticeContent = NonNullable<Notice['content']>;

/** What will run or change; undefined where the facts say all there is. */
export function noticeContent({ spec }: ApprovalRequest, limits: NoticeLimits): NoticeContent | undefined {
  const { action } = spec;
  const secrets = (action.group ?? '') === '' && action.resource === 'secrets';
  if (action.exec?.command !== undefined) return commandContent(action.exec, limits);
  if (action.changes !== undefined) return content('Diff', changeParts(action.changes, secrets, limits), limits, '\n');
  if (action.object === undefined) return optionsContent(action, limits);
  const anyValue = ignorePathsOf(spec.policies ?? []).map((path) => `(any value at ${printable(path)})`);
  return yamlContent(action.object, anyValue, secrets, limits);
}

/** One argument, change or line. */
interface Part {
  readonly text: string;
  readonly isCut: boolean;
}

interface Parts {
  readonly parts: readonly Part[];
  /** With those that were not even looked at. */
  readonly all: number;
  /** What one of them is called. */
  readonly of: string;
}

function content(
  kind: NoticeContent['kind'],
  { parts, all, of }: Parts,
  limits: NoticeLimits,
  separator: string,
): NoticeContent {
  const kept: Part[] = [];
  let size = 0;
  let lines = 0;
  for (const part of parts) {
    size += part.text.length + separator.length;
    lines += separator === '\n' ? part.text.split('\n').length : 0;
    if (size > limits.content || lines > limits.contentLines) break;
    kept.push(part);
  }
  const [first] = parts;
  // Something is always shown, were it only the beginning of it.
  if (kept.length === 0 && first !== undefined)
    kept.push({ text: shortened(first.text, Math.max(0, limits.content - NOTE_LENGTH)), isCut: true });
  const short = kept.filter(({ isCut }) => isCut).length;
  const omitted = [
    ...(all > kept.length ? [`… ${figure(all - kept.length)} more of ${figure(all)} ${of}`] : []),
    ...(short > 0 ? [`${figure(short)} of the ${of} cut short`] : []),
  ].join('; ');
  return { kind, text: kept.map(({ text }) => text).join(separator), ...(omitted === '' ? {} : { omitted }) };
}

/** Characters of the note that something is cut. */
const NOTE_LENGTH = 40;

function commandContent({ command = [] }: ExecOptions, limits: NoticeLimits): NoticeContent {
  const parts = command.slice(0, limits.parts).map((each) => argument(each, limits.part));
  const found = content('Command', { parts, all: command.length, of: 'arguments' }, limits, ' ');
  const lines = command.flatMap((part, index) =>
    part.includes('\n') ? [`argument ${index + 1}, line by line:`, ...quotedLines(part)] : [],
  );
  const text = [found.text, ...lines].join('\n');
  // The same once more, for reading: it is shown whole, or not.
  const fits = found.omitted === undefined && lines.length <= limits.contentLines && text.length <= limits.content;
  return fits ? { ...found, text } : found;
}

/** Each element quoted where its boundaries would not show. Only words of ours stand outside of quotes. */
function argument(text: string, limit: number): Part {
  if (text.length <= limit) return { text: printable(quote(text)), isCut: false };
  const beginning = printable(JSON.stringify(cut(text, limit)));
  return { text: `${beginning}… (cut, of ${figure(text.length)} characters)`, isCut: true };
}

function changeParts(changes: readonly Change[], secrets: boolean, { part, parts }: NoticeLimits): Parts {
  return {
    parts: changes.slice(0, parts).map((change) => ({
      text: changeText(change, secrets, part),
      isCut: [change.path, change.old ?? '', change.new ?? ''].some((text) => isShortened(text, part)),
    })),
    all: changes.length,
    of: 'changes',
  };
}

/** Values are JSON: `"3"` and `3` differ, and `null` is not nothing. */
function changeText(change: Change, secrets: boolean, limit: number): string {
  const path = shortened(change.path, limit);
  if (isAnyValue(change)) return `${path}: any value`;
  const [before, after] = [side(change.old, secrets, limit), side(change.new, secrets, limit)];
  return path.length + before.length + after.length <= ONE_LINE
    ? `${path}: ${before} → ${after}`
    : `${path}:\n  - ${before}\n  + ${after}`;
}

const ONE_LINE = 100;

function side(value: string | undefined, secrets: boolean, limit: number): string {
  if (value === undefined) return '(nothing)';
  return shortened(secrets ? value.replaceAll(HIDDEN_VALUE, HIDDEN_WORDS) : value, limit);
}

/** How values of Secrets stand in a request. Elsewhere such a text is somebody's text, and is shown. */
const HIDDEN_VALUE = /hmac-sha256:[0-9a-f]{64}/g;
/** Nothing that somebody wrote behind such a text is hidden with it. */
const IS_HIDDEN_VALUE = /^hmac-sha256:[0-9a-f]{64}$/;
const HIDDEN_WORDS = '(secret)';

function optionsContent({ options }: Action, limits: NoticeLimits): NoticeContent | undefined {
  return options === undefined || Object.keys(options).length === 0
    ? undefined
    : yamlContent(options, [], false, limits);
}

function yamlContent(object: object, head: readonly string[], secrets: boolean, limits: NoticeLimits): NoticeContent {
  const budget: Budget = { parts: limits.parts, part: limits.part, left: 0, cut: 0 };
  const pruned = prune(contentFirst(object as Json), secrets, budget, 0);
  const lines = [...head, ...toYaml(pruned).trimEnd().split('\n')];
  const parts = lines.map((text) => ({ text, isCut: false }));
  const { text, omitted } = content('Diff', { parts, all: parts.length, of: 'lines' }, limits, '\n');
  const said = [
    ...(omitted === undefined ? [] : [omitted]),
    ...(budget.left > 0 ? [`… ${figure(budget.left)} more parts of a large object`] : []),
    ...(budget.cut > 0 ? [`${figure(budget.cut)} of the values cut short`] : []),
  ].join('; ');
  return { kind: 'Diff', text, ...(said === '' ? {} : { omitted: said }) };
}

/** Metadata last: 256 KiB of annotations must not push what is done out of sight. */
function contentFirst(object: Json): Json {
  if (!isJsonObject(object)) return object;
  const { metadata, ...rest } = object;
  return metadata === undefined ? rest : { ...rest, metadata };
}

const DEPTH_LIMIT = 40;

interface Budget {
  /** That may still be taken. */
  parts: number;
  /** Characters of each. */
  readonly part: number;
  /** That were left out, each with all below it. */
  left: number;
  /** Texts that were cut short. */
  cut: number;
}

/** A copy with no more parts than the budget has. */
function prune(value: Json, secrets: boolean, budget: Budget, depth: number): Json {
  budget.parts -= 1;
  if (typeof value === 'string') return text(value, secrets, budget);
  if (typeof value !== 'object' || value === null) return value;
  if (depth > DEPTH_LIMIT) {
    budget.left += 1;
    return '…';
  }
  const entries = Object.entries(value);
  const kept: [string, Json][] = [];
  for (const [key, each] of entries) {
    if (budget.parts <= 0) {
      budget.left += entries.length - kept.length;
      break;
    }
    kept.push([text(key, false, budget), prune(each, secrets, budget, depth + 1)]);
  }
  return Array.isArray(value) ? kept.map(([, each]) => each) : Object.fromEntries(kept);
}

function text(value: string, secrets: boolean, budget: Budget): string {
  if (secrets && IS_HIDDEN_VALUE.test(value)) return HIDDEN_WORDS;
  if (value.length <= budget.part) return value;
  budget.cut += 1;
  return `${cut(value, budget.part)}… (cut, of ${figure(value.length)} characters)`;
}
