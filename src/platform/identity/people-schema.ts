import { z } from 'zod';
import { EVERYBODY, isServiceAccount } from '../../core/approval/person.ts';

/** The CRDs' maxLength of a username, a person and a group. */
const NAME = 1024;
/** RFC 5321 §4.5.3.1: 64 octets, an @ and 255 octets. */
const EMAIL = 320;
/** Identities of one person, of each kind: nobody has more, and every vote walks through none of them. */
const IDENTITIES = 32;
/** Groups that a vote by a channel counts for. */
const GROUPS = 128;
const AGENTS = 256;

/** They are shown to people: nothing that hides, moves or imitates by invisible characters (categories C and Z but a blank). */
const VISIBLE = /^[^\p{C}\p{Zl}\p{Zp}]+$/u;

function name(most = NAME) {
  return z
    .string()
    .min(1)
    .max(most)
    .regex(VISIBLE, 'has a character that cannot be seen')
    .refine((text) => text.trim() === text, 'begins or ends with a blank');
}

const person = name().refine((text) => !text.startsWith('system:'), 'system: names are those of the cluster itself');

const username = name().refine((text) => !text.startsWith('system:'), 'a system: user is not a person');

const agent = name().refine(
  (text) => !text.startsWith('system:') || isServiceAccount(text),
  'of the system: users only a ServiceAccount can be an agent',
);

const group = name().refine(
  (text) => !text.startsWith('system:') && !EVERYBODY.has(text),
  'is not a group of people: everybody would be in it',
);

const email = name(EMAIL).regex(/^[^@\s]+@[^@\s]+$/, 'is not an email address');

/** https://api.slack.com/types/user: a workspace (T) or an organisation (E), and a user (U, W). */
const slack = name(64).regex(
  /^[TE][A-Z0-9]{2,20}\/[UW][A-Z0-9]{2,20}$/,
  'is not the id of a team and of a user, such as T0123ABCD/U0456EFGH',
);

function list<T extends z.ZodType>(item: T, most: number) {
  return z.array(item).max(most).default([]);
}

/** One entry of `people`. */
export const personSchema = z.strictObject({
  person,
  usernames: list(username, IDENTITIES),
  emails: list(email, IDENTITIES),
  slack: list(slack, IDENTITIES),
  groups: list(group, GROUPS),
  agents: list(agent, AGENTS),
});

const ONE_STAR = /^[^*]*\*[^*]*$/;

/** One entry of `templates`. */
export const templateSchema = z.strictObject({
  identity: z.enum(['Kubernetes', 'OIDC']),
  username: username
    .regex(ONE_STAR, 'needs exactly one star')
    .refine((text) => text !== '*', 'is everybody: say what their usernames have in common, such as oidc:*'),
  person: person.regex(ONE_STAR, 'needs exactly one star, or several people would become one'),
});

/** More than an organisation has that edits one map by hand. */
const PEOPLE_LIMIT = 5_000;
const TEMPLATES_LIMIT = 32;

/** The entries are read one by one, so that one mistake does not hide another. */
export const mapSchema = z.strictObject({
  people: z.array(z.unknown()).max(PEOPLE_LIMIT).default([]),
  templates: z.array(z.unknown()).max(TEMPLATES_LIMIT).default([]),
});
