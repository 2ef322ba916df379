import type { Submission } from '../../core/evidence/evidence-record.ts';
import type { Clock } from '../../ports/clock.ts';
import { type ActPorts, giveBackUse, givenBackData, revokeImpersonated } from './act-on.ts';
import type { DetectorEvents } from './detector-events.ts';
import type { ActionFinding } from './finding.ts';

export interface ActionsPorts extends ActPorts {
  readonly clock: Clock;
  readonly events: Pick<DetectorEvents, 'givenBack' | 'revoked' | 'failed'>;
  /** By id: stages and restarts show a thing more than once. */
  readonly done: { has(id: string): boolean; add(id: string): void };
}

/** What is done about findings, besides telling them. */
export interface Actions {
  add(finding: ActionFinding): void;
  /** Until the signal. */
  run(): Promise<void>;
}

/**
 * An API server that refuses us is mended within minutes, and a use that is not given back harms nobody. A vote in the name of
 * another may be counted when a controller comes back: it is looked for for a day.
 */
const TRIES = { GiveBack: 12, Impersonated: 1_440 } as const;
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 60_000;
const LOOK_MS = 1_000;
/** Each is a use or a vote of somebody's: there are never many at once. Beyond it the newest is refused. */
const LIMIT = 10_000;

interface Todo {
  readonly finding: ActionFinding;
  readonly tries: number;
  /** Not before, in milliseconds. */
  readonly at: number;
}

/**
 * Each by itself: one that the API server refuses is tried again later, and none waits for another.
 *
 * @param keep writes a record of what was done
 */
export function createActions(
  ports: ActionsPorts,
  keep: (submission: Submission) => Promise<unknown>,
  signal: AbortSignal,
): Actions {
  const { clock, events, done } = ports;
  let todo: Todo[] = [];

  const refuse = (finding: ActionFinding, why: string): void => {
    done.add(idOf(finding));
    if (finding.kind === 'GiveBack') events.givenBack('Refused', finding.request, finding.decision, finding.code, why);
    else events.revoked('Refused', finding.object, why);
  };

  /** @returns why it is to be tried again. @throws where the ledger or the API server refuses */
  async function actOn(finding: ActionFinding): Promise<string | undefined> {
    const acted =
      finding.kind === 'GiveBack'
        ? await giveBackUse(finding, ports, signal)
        : await revokeImpersonated(finding, ports, signal);
    if (acted.kind === 'NotYet') return acted.why;
    if (acted.kind === 'Refused') {
      refuse(finding, acted.why);
      return undefined;
    }
    const id = idOf(finding);
    if (finding.kind === 'GiveBack') {
      await keep({ kind: 'GivenBack', id, data: givenBackData(finding, acted.request) });
      events.givenBack('Done', finding.request, finding.decision, finding.code);
    } else events.revoked('Done', finding.object);
    done.add(id);
    return undefined;
  }

  async function attempt({ finding, tries }: Todo): Promise<void> {
    if (done.has(idOf(finding))) return;
    let why: string | undefined;
    try {
      why = await actOn(finding);
    } catch (error) {
      if (signal.aborted) return;
      events.failed(error);
      why = 'it was tried for long, and refused each time';
    }
    if (why === undefined) return;
    const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** tries);
    if (tries + 1 < TRIES[finding.kind]) todo.push({ finding, tries: tries + 1, at: clock.now() + wait });
    else refuse(finding, why);
  }

  return {
    add: (finding) => {
      if (done.has(idOf(finding))) return;
      if (todo.length < LIMIT) todo.push({ finding, tries: 0, at: clock.now() });
      else refuse(finding, 'too much waits to be done');
    },
    run: async () => {
      while (!signal.aborted) {
        const due = todo.filter(({ at }) => at <= clock.now());
        todo = todo.filter((each) => !due.includes(each));
        for (const each of due) await attempt(each);
        await clock.sleep(LOOK_MS, signal).catch(() => undefined);
      }
    },
  };
}

function idOf(finding: ActionFinding): string {
  return finding.kind === 'GiveBack' ? `given-back/${finding.decision}` : `revoked/${finding.object}/${finding.made}`;
}
