import type { EcsDocument } from '../ecs.ts';
import type { SinkMessage } from '../sink.ts';

export interface SyslogOptions {
  /** HOSTNAME of the header. */
  readonly hostname: string;
  /** The longest message in bytes, without its octet count. */
  readonly messageBytes: number;
}

/** RFC 5424 §6.2.1, table 1: 13 is log audit. */
const FACILITY = 13;

/** RFC 5424 §7.2.2: without a registered enterprise number of its own, a private one from the range for documentation (RFC 5612). */
const SD_ID = 'sallyport@32473';

/** A value of structured data: usernames and names are far shorter, and §6.3.3 names no limit. */
const VALUE_CHARACTERS = 256;

/**
 * One message of RFC 5424, in bytes. MSG is the document as JSON; where that is too long, first without the record's line,
 * then the sentence alone, cut between two characters (§6.1: "it SHOULD truncate … at the end").
 *
 * §6.4: a MSG in UTF-8 "MUST start with the Unicode byte order mark", which most readers of JSON stumble over. So the JSON is
 * ASCII, with `\u` for all else, and needs none; only a sentence that is not ASCII has one.
 */
export function syslogMessage(message: SinkMessage, options: SyslogOptions): Buffer {
  const { document, json } = message;
  const head = `${header(message, options)} `;
  const room = Math.max(0, options.messageBytes - Buffer.byteLength(head));
  const whole = asciiJson(json);
  if (whole.length <= room) return Buffer.from(head + whole);
  const { original, ...event } = document.event;
  const cut: EcsDocument = { ...document, event, sallyport: { ...document.sallyport, cut: true } };
  const short = asciiJson(JSON.stringify(cut));
  if (original !== undefined && short.length <= room) return Buffer.from(head + short);
  return Buffer.from(head + cutAt(isAscii(document.message) ? document.message : BOM + document.message, room));
}

const BOM = '\uFEFF';

function asciiJson(json: string): string {
  return json.replaceAll(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function isAscii(text: string): boolean {
  return /^[\x20-\x7e]*$/.test(text);
}

/** HEADER SP STRUCTURED-DATA: §6. */
function header({ id, kind, document }: SinkMessage, { hostname }: SyslogOptions): string {
  const { event, sallyport, user } = document;
  const priority = FACILITY * 8 + event.severity;
  const data = Object.entries({
    id,
    record: sallyport.record,
    kind,
    action: event.action,
    outcome: sallyport.outcome ?? event.outcome,
    user: user?.effective?.name ?? user?.name,
    request: sallyport.request,
    decision: sallyport.decision,
  }).flatMap(([name, value]) => (value === undefined ? [] : [` ${name}="${paramValue(value)}"`]));
  const names = [printable(hostname, 255), 'sallyport', NIL, printable(kind, 32)];
  return `<${priority}>1 ${timestamp(document)} ${names.join(' ')} [${SD_ID}${data.join('')}]`;
}

/** §6.2.3: RFC 3339 with at most six digits of a fraction. */
function timestamp(document: EcsDocument): string {
  const at = document['@timestamp'];
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)$/.test(at) ? at : document.event.created;
}

/** PROCID: one process writes all of them. */
const NIL = '-';

/** PRINTUSASCII of §6, or the NILVALUE. */
function printable(text: string, most: number): string {
  const ascii = text.replaceAll(/[^\x21-\x7e]/g, '').slice(0, most);
  return ascii === '' ? NIL : ascii;
}

/** §6.3.3: '"', '\' and ']' MUST be escaped. A control character is legal and breaks receivers that split lines. */
function paramValue(value: string): string {
  const short = value.slice(0, VALUE_CHARACTERS).toWellFormed();
  return short.replaceAll(/\p{Cc}/gu, ' ').replaceAll(/["\\\]]/g, (character) => `\\${character}`);
}

/** The longest start of a text that has so many bytes and is UTF-8. */
function cutAt(text: string, bytes: number): string {
  const all = Buffer.from(text);
  if (all.length <= bytes) return text;
  let end = bytes;
  // 10xxxxxx is the middle of a character.
  while (end > 0 && ((all[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return all.toString('utf8', 0, end);
}
