import { type Arbitrary, constantFrom, option, record, sample, uniqueArray } from 'fast-check';
import { type Entry, entryOf } from '../../src/core/evidence/entry.ts';
import type { EvidenceQuery } from '../../src/core/evidence/query.ts';
import type { StoredRecord } from '../../src/ports/ledger.ts';
import { decisionSubmission, eventSubmission, type SegmentsOnDisk } from './stored-records.ts';

const DAY_MS = 86_400_000;
const NAMES = ['alice', 'bob', 'system:node:a', undefined] as const;
const RESOURCES = ['pods', 'deployments', undefined] as const;
const pick = <T>(values: readonly T[]) => option(constantFrom(...values), { nil: undefined, freq: 2 });

/** What may be asked of them. */
export const queries: Arbitrary<Omit<EvidenceQuery, 'limit' | 'after'>> = record(
  {
    kinds: uniqueArray(constantFrom('AuditEvent' as const, 'Decision' as const, 'Vote' as const), {
      minLength: 1,
    }),
    user: constantFrom('alice', 'bob', 'nobody'),
    person: constantFrom('alice', 'Bob', 'carol', 'nobody'),
    verb: constantFrom('get', 'connect'),
    resource: constantFrom('pods', 'pods/exec', 'deployments'),
    namespace: constantFrom('prod', 'dev'),
    name: constantFrom('web-0', 'web-1'),
    outcome: constantFrom('200', '403', 'Allowed'),
    since: constantFrom('2026-11-17T00:00:00Z', '2026-11-18T12:00:00.5Z'),
    until: constantFrom('2026-11-19T00:00:00+01:00', '2026-11-20T10:00:00Z'),
    order: constantFrom('NewestFirst' as const, 'OldestFirst' as const),
  },
  { requiredKeys: [] },
);

/** Written together, and so at one time. */
const AT_ONCE = 5;

function writtenAt(number: number): number {
  return Date.parse('2026-11-16T09:00:00Z') + Math.floor(number / AT_ONCE) * 5_400_000;
}

/** 400 records of five days; many at the same time, some told late. */
export async function manyRecords(segments: SegmentsOnDisk): Promise<readonly StoredRecord[]> {
  const events = record({
    kind: constantFrom('Event', 'Decision'),
    user: constantFrom(...NAMES),
    resource: constantFrom(...RESOURCES),
    namespace: pick(['prod', 'dev']),
    name: pick(['web-0', 'web-1']),
    code: constantFrom(200, 403),
    // As the map of then said: bob is Bob, and carol was somebody else once.
    person: constantFrom('alice', 'Bob', 'carol', undefined),
    late: constantFrom(0, 0, 0, 30_000, 7_200_000, 2 * DAY_MS),
  });
  const drawn = sample(events, { numRuns: 400, seed: 42 });
  const submissions = drawn.map(
    ({ kind, user = 'carol', person, resource = 'pods/exec', namespace, name, code, late }, number) => {
      const target = { ...(namespace === undefined ? {} : { namespace }), ...(name === undefined ? {} : { name }) };
      if (kind === 'Decision') {
        return decisionSubmission({
          id: `d-${number}`,
          user: { username: user, ...(person === undefined ? {} : { person }) },
          resource,
          ...target,
          verdict: 'Allowed',
        });
      }
      const [plain = resource, subresource] = resource.split('/');
      return eventSubmission({
        auditID: `a-${number}`,
        user: { username: user },
        objectRef: { resource: plain, ...(subresource === undefined ? {} : { subresource }), ...target },
        responseStatus: { code },
        stageTimestamp: new Date(writtenAt(number) - late).toISOString(),
      });
    },
  );
  for (let number = 0; number < submissions.length; number += AT_ONCE) {
    if (number % 95 === 0) segments.rotate();
    const time = new Date(writtenAt(number)).toISOString();
    await segments.write(time, submissions.slice(number, number + AT_ONCE));
  }
  return [...segments.stored];
}

/** The map of today: Bob has two usernames, and alice the one that carol had. */
export const USERNAMES: Readonly<Record<string, readonly string[]>> = {
  alice: ['alice', 'carol'],
  Bob: ['bob', 'system:node:a'],
  carol: [],
};

/** What a query must find, by going through all of them. */
export function plainly(all: readonly StoredRecord[], query: Omit<EvidenceQuery, 'limit'>): readonly Entry[] {
  const { kinds, since, until, order = 'NewestFirst', person, ...equal } = query;
  const sign = order === 'NewestFirst' ? -1 : 1;
  return all
    .flatMap(({ record }) => entryOf(record) ?? [])
    .filter((entry) => kinds === undefined || kinds.includes(entry.kind))
    .filter((entry) => {
      if (person === undefined || entry.person === person) return true;
      const said = entry.person !== undefined && entry.person !== entry.user;
      return !said && (USERNAMES[person] ?? [person]).includes(entry.user ?? '');
    })
    .filter(({ at }) => since === undefined || Date.parse(at) >= Date.parse(since))
    .filter(({ at }) => until === undefined || Date.parse(at) < Date.parse(until))
    .filter((entry) => Object.entries(equal).every(([name, value]) => entry[name as keyof Entry] === value))
    .sort((one, other) => sign * (Date.parse(one.at) - Date.parse(other.at) || one.seq - other.seq));
}
