import type { DecisionRecord } from '../core/evidence/decision-record.ts';
import { mustBeKept } from '../core/evidence/decision-record.ts';
import type { People } from '../core/people/people.ts';
import { resourceName } from '../core/api/resource-name.ts';
import type { Attributes } from '../core/attributes/attributes.ts';
import type { Keeping } from '../ports/recorder.ts';
import type { Call } from './call.ts';
import { unrecorded } from './denied.ts';
import type { Outcome } from './outcome.ts';
import type { EnforcementPorts } from './ports.ts';

/**
 * A disk syncs in milliseconds, a bad one in tenths of a second, and a machine that has too much to do comes to it in seconds.
 * What is refused then was paid for by people: it waits for longer than for anything else, and the API server still gets its
 * answer in time.
 */
export const KEEP_MS = 3_000;

/** However late it is: a use that is made was paid for by people. It is taken of the 3 s that R43 leaves for the answer. */
export const LEAST_KEEP_MS = 500;

/**
 * Every decision is one log line, one metric and one record, joined by its id. Whatever had to be approved goes through only
 * once its record is durable; nothing else waits for that.
 *
 * @returns what is answered: the outcome, or that it could not be recorded
 */
export async function recordDecision(
  outcome: Outcome,
  reviewed: Attributes,
  startedAt: number,
  ports: EnforcementPorts,
  call: Call,
): Promise<Outcome> {
  const people = ports.settings.people();
  const record = recordOf(outcome, reviewed, startedAt, ports.clock.now(), people);
  if (!mustBeKept(record)) {
    void keep(record, ports);
    ports.decided(record);
    return outcome;
  }
  if ((await keepInTime(record, ports, call)) === 'Kept') {
    ports.decided(record);
    return outcome;
  }
  const refused = unrecorded(outcome);
  const refusal = recordOf(refused, reviewed, startedAt, ports.clock.now(), people);
  void keep(refusal, ports);
  ports.decided(refusal);
  return refused;
}

async function keepInTime(record: DecisionRecord, ports: EnforcementPorts, call: Call): Promise<Keeping> {
  const ms = Math.max(Math.min(KEEP_MS, call.deadline - ports.clock.now()), LEAST_KEEP_MS);
  const { promise: late, resolve } = Promise.withResolvers<Keeping>();
  const callOff = ports.clock.after(ms, () => resolve('Lost'));
  try {
    return await Promise.race([keep(record, ports), late]);
  } finally {
    callOff();
  }
}

/** R1: a recorder that fails in a way that it must not is one that has lost the record. */
async function keep(record: DecisionRecord, { recorder }: EnforcementPorts): Promise<Keeping> {
  try {
    return await recorder.record(record);
  } catch {
    return 'Lost';
  }
}

function recordOf(
  { id, kind, code, facts }: Outcome,
  reviewed: Attributes,
  startedAt: number,
  now: number,
  people: People | undefined,
): DecisionRecord {
  const { username, uid } = reviewed.user;
  return {
    id,
    at: new Date(now).toISOString(),
    point: 'webhook',
    verdict: kind,
    code,
    user: {
      username,
      ...(uid === undefined ? {} : { uid }),
      ...(people === undefined ? {} : { person: people.ofUsername(username).person }),
    },
    operation: reviewed.operation,
    resource: resourceName(reviewed),
    ...(reviewed.namespace === undefined ? {} : { namespace: reviewed.namespace }),
    ...(reviewed.name === undefined ? {} : { name: reviewed.name }),
    ...(facts.digest === undefined ? {} : { digest: facts.digest }),
    ...(facts.request === undefined ? {} : { request: facts.request }),
    ...(facts.detail === undefined ? {} : { detail: facts.detail }),
    policies: facts.policies,
    ...(facts.observed === undefined ? {} : { observed: facts.observed }),
    dryRun: reviewed.dryRun,
    // By a clock that may be set back meanwhile.
    seconds: Math.max(0, now - startedAt) / 1000,
  };
}
