import type { ReadyPolicy } from '../../core/decision/compile.ts';
import { resourcePattern } from '../../core/decision/match/resource-rule.ts';

/** Whether a line may be about something that a policy matches. False only where it cannot. */
export type Prefilter = (line: Buffer) => boolean;

/**
 * The beginning of an event as a kube-apiserver writes it (encoding/json: in the order of the struct's fields, without
 * blanks), by itself or in a line of our ledger. What the caller chose (the URI) stands behind the stage, and can end
 * before the verb only with a quotation mark that is escaped. Another order, or an Audit-ID with an escape: not matched,
 * and parsed.
 */
const HEAD =
  /^(?:\{"seq":\d+,"prev":"[0-9a-f]*","time":"[^"\\]*","kind":"AuditEvent","id":"[^"\\]*","data":)?\{(?:"kind":"Event","apiVersion":"audit\.k8s\.io\/v1",)?"level":"[A-Za-z]+","auditID":"[^"\\]*","stage":"([A-Za-z]+)","requestURI":"(?:[^"\\]|\\.)*","verb":"([a-z]*)",/;

/** A line of the ledger that tells of something else. */
const OTHER_RECORD = /^\{"seq":\d+,"prev":"[0-9a-f]*","time":"[^"\\]*","kind":"(?!AuditEvent")[A-Za-z]+",/;

/** Of most events; one with a longer URI is parsed. */
const HEAD_LENGTH = 1024;

const WRITES = new Set(['create', 'update', 'patch', 'delete', 'deletecollection']);
const CONNECTS = ['"exec"', '"attach"', '"portforward"', '"proxy"'];

/** Escapes that could spell a letter, digit, dot or dash: kube-apiserver writes none such. */
const SPELT_OTHERWISE = /\\u00(?:2[dDeE]|3[0-9]|[4-7][0-9a-fA-F])/;

/**
 * A line is left out where its head shows a stage that says nothing of what became of it, or where a value that an event in
 * question must have (the name of a resource; for a read, that of a subresource that is connected to) stands nowhere in it.
 * A line that does not look whole is never left out, so that it is counted as broken.
 */
export function createPrefilter(policies: readonly ReadyPolicy[]): Prefilter {
  const rules = policies.flatMap(({ rulesOfAnyVersion, steps }) => [
    ...rulesOfAnyVersion,
    ...steps.map(({ rule }) => rule),
  ]);
  const names = new Set(rules.flatMap(({ resources }) => resources.map((each) => resourcePattern(each).resource)));
  const resources = names.has('*') ? undefined : [...names].map((name) => `"${name}"`);
  const connects = rules.some(({ operations }) => operations.includes('CONNECT'));
  return (line) => {
    if (line[0] !== OPEN || line[line.length - 1] !== CLOSE) return true;
    const start = line.toString('latin1', 0, HEAD_LENGTH);
    const head = HEAD.exec(start);
    if (head === null) return !OTHER_RECORD.test(start);
    // One line that was cut off, with another behind it.
    if (
      line.lastIndexOf('"stageTimestamp":"') === -1 ||
      line.includes('"apiVersion":"audit.k8s.io/v1"', head[0].length)
    )
      return true;
    const [, stage = '', verb = ''] = head;
    if (stage === 'RequestReceived') return false;
    const mayMatch =
      (WRITES.has(verb) || (connects && holds(line, CONNECTS))) && (resources === undefined || holds(line, resources));
    return mayMatch || (line.includes('\\u00') && SPELT_OTHERWISE.test(line.toString('latin1')));
  };
}

const OPEN = 0x7b;
const CLOSE = 0x7d;

function holds(line: Buffer, values: readonly string[]): boolean {
  return values.some((value) => line.includes(value, 0, 'latin1'));
}
