/** What a value in the text of an event must be for the event to be taken as it stands (scan-event.ts). */
export type Shape =
  | { readonly is: (typeof LEAF)[keyof typeof LEAF] }
  /** An object whose values are all of one shape. */
  | { readonly is: typeof EVERY; readonly each: Shape }
  /** An object of which some members are known, by the signatures of their names; the others are anything. */
  | { readonly is: typeof OBJECT; readonly members: ReadonlyMap<number, Member> };

export interface Member {
  readonly name: string;
  readonly shape: Shape;
  readonly needed?: true;
  /** Its place in what the key of an event is made of (event-key.ts). */
  readonly part?: number;
}

/** Numbers, since each value of each event is told apart by them. */
export const LEAF = { Any: 0, Text: 1, Texts: 2, Code: 3, Time: 4, Level: 5, Stage: 6 } as const;
export const EVERY = 7;
export const OBJECT = 8;

/** What the key of an event is made of: three of them, the names and the code, may be absent. */
export const KEY_PARTS = 9;

export const ANY: Shape = { is: LEAF.Any };
export const TEXT: Shape = { is: LEAF.Text };
const TEXTS: Shape = { is: LEAF.Texts };
const TIME: Shape = { is: LEAF.Time };
const TEXT_MAP: Shape = { is: EVERY, each: TEXT };

/**
 * What `isAuditEvent` says of a parsed event, said of the text of one. What is not of this shape may be an event all the same:
 * it is parsed then, and judged by that.
 */
const EVENT_MEMBERS: readonly Member[] = [
  { name: 'level', shape: { is: LEAF.Level }, needed: true },
  { name: 'auditID', shape: TEXT, needed: true, part: 0 },
  { name: 'stage', shape: { is: LEAF.Stage }, needed: true, part: 1 },
  { name: 'requestURI', shape: TEXT, needed: true, part: 4 },
  { name: 'verb', shape: TEXT, needed: true, part: 5 },
  { name: 'user', shape: userShape(6), needed: true },
  { name: 'impersonatedUser', shape: userShape(7) },
  { name: 'sourceIPs', shape: TEXTS },
  { name: 'userAgent', shape: TEXT },
  { name: 'objectRef', shape: TEXT_MAP },
  {
    name: 'responseStatus',
    shape: objectOf([
      { name: 'code', shape: { is: LEAF.Code }, part: 8 },
      { name: 'reason', shape: TEXT },
      { name: 'message', shape: TEXT },
    ]),
  },
  { name: 'requestObject', shape: ANY },
  { name: 'responseObject', shape: ANY },
  { name: 'requestReceivedTimestamp', shape: TIME, needed: true, part: 2 },
  { name: 'stageTimestamp', shape: TIME, needed: true, part: 3 },
  { name: 'annotations', shape: TEXT_MAP },
];

export const EVENT_SHAPE: Shape = objectOf(EVENT_MEMBERS);
export const NEEDED_MEMBERS = EVENT_MEMBERS.filter(({ needed }) => needed).length;

function userShape(part: number): Shape {
  return objectOf([
    { name: 'username', shape: TEXT, part },
    { name: 'uid', shape: TEXT },
    { name: 'groups', shape: TEXTS },
    { name: 'extra', shape: { is: EVERY, each: TEXTS } },
  ]);
}

function objectOf(members: readonly Member[]): Shape {
  return { is: OBJECT, members: new Map(members.map((member) => [signatureOfName(member.name), member])) };
}

function signatureOfName(name: string): number {
  const bytes = Buffer.from(name);
  return signature(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0, bytes.length);
}

/**
 * Of a key, made of its length and of its first and last four bytes: two keys with different signatures are different keys.
 */
export function signature(view: DataView, start: number, length: number): number {
  let ends = 0;
  if (length >= 4) ends = Math.imul(view.getInt32(start, true), 31) + view.getInt32(start + length - 4, true);
  else for (let at = start; at < start + length; at += 1) ends = (ends << 8) | view.getUint8(at);
  return (ends + Math.imul(length, 0x9e3779b1)) | 0;
}
