import type { ServerResponse } from 'node:http';
import {
  DECISIONS_PATH,
  type DecisionSubmission,
  decisionSubmission,
} from '../../core/evidence/decision-submission.ts';
import { createByteBudget } from '../../platform/http/byte-budget.ts';
import { verifiedClientName } from '../../platform/http/https-listener.ts';
import type { Handler } from '../../platform/http/listener.ts';
import { readBody } from '../../platform/http/read-body.ts';
import { type Failure, sendFailure, sendJson } from '../../platform/http/send-json.ts';
import { sendNothing, sendRefusal } from '../../platform/http/send-refusal.ts';
import type { Clock } from '../../ports/clock.ts';
import { type Ledger, LedgerError } from '../../ports/ledger.ts';
import { decisionSchema } from './decision-schema.ts';
import type { IntakeEvents } from './intake-events.ts';

export interface IntakeOptions {
  /** Common names of the client certificates that may hand in records. */
  readonly clientNames: ReadonlySet<string>;
}

export interface IntakePorts {
  readonly ledger: Pick<Ledger, 'append'>;
  readonly clock: Clock;
  readonly events: IntakeEvents;
}

/** A shipper sends half a megabyte at once; a line of it is at most 64 KiB. */
const BODY_BYTES = 1024 * 1024;
/** A body arrives in one go. */
const BODY_MS = 5_000;
/** Of all bodies that are read at once. */
const IN_FLIGHT_BYTES = 16 * BODY_BYTES;
const LINES = 1_000;
const PROBLEM_LENGTH = 256;

interface Refusal {
  readonly index: number;
  readonly problem: string;
}

/**
 * Takes records of decisions from the webhook processes: one JSON text a line. 200 once they are durable, with those that
 * will never be taken; 503 when nothing is known to be kept, and the sender comes again. Whoever is not named gets a 404.
 */
export function createIntake({ clientNames }: IntakeOptions, ports: IntakePorts): Handler {
  const budget = createByteBudget(IN_FLIGHT_BYTES);
  const { clock, events } = ports;
  return async (request, response) => {
    const client = verifiedClientName(request);
    const path = (request.url ?? '').replace(/\?.*$/s, '');
    if (client === undefined || !clientNames.has(client) || path !== DECISIONS_PATH || request.method !== 'POST') {
      await sendNothing(request, response, 404, clock);
      return;
    }
    const body = await readBody(request, response, {
      limits: { maxBytes: BODY_BYTES, maxMs: BODY_MS },
      budget,
      clock,
    });
    if (body.kind === 'gone') return;
    if (body.kind === 'refused') {
      await sendRefusal(request, response, body.failure, clock);
      return;
    }
    const lines = body.text.split('\n');
    if (lines.length > LINES) {
      sendFailure(response, { code: 413, reason: 'RequestEntityTooLarge', message: `more than ${LINES} records` });
      return;
    }
    await take(lines, client, response, ports);
  };

  async function take(
    lines: readonly string[],
    client: string,
    response: ServerResponse,
    { ledger }: IntakePorts,
  ): Promise<void> {
    const refused: Refusal[] = [];
    const taken: { readonly index: number; readonly submission: DecisionSubmission }[] = [];
    lines.forEach((line, index) => {
      const parsed = parseRecord(line);
      if (typeof parsed === 'string') refused.push({ index, problem: parsed.slice(0, PROBLEM_LENGTH) });
      else taken.push({ index, submission: parsed });
    });
    try {
      refused.push(...(await append(taken, ledger)));
    } catch (error) {
      events.failed(client, error);
      sendFailure(response, UNAVAILABLE);
      return;
    }
    events.taken(client, lines.length - refused.length, refused.length);
    sendJson(response, 200, { refused });
  }
}

/** @returns those that the ledger will never take. @throws LedgerError when it takes none now */
async function append(
  taken: readonly { readonly index: number; readonly submission: DecisionSubmission }[],
  ledger: Pick<Ledger, 'append'>,
): Promise<readonly Refusal[]> {
  if (taken.length === 0) return [];
  try {
    await ledger.append(taken.map(({ submission }) => submission));
    return [];
  } catch (error) {
    if (!(error instanceof LedgerError) || error.code !== 'Rejected') throw error;
    const [one] = taken;
    if (taken.length === 1 && one !== undefined) return [{ index: one.index, problem: error.message }];
    const refused: Refusal[] = [];
    for (const each of taken) refused.push(...(await append([each], ledger)));
    return refused;
  }
}

/** @returns why it is none, where it is none; without what was sent */
function parseRecord(line: string): DecisionSubmission | string {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    return 'not JSON';
  }
  const parsed = decisionSchema.safeParse(json);
  if (parsed.success) return decisionSubmission(parsed.data);
  const [issue] = parsed.error.issues;
  return `${issue?.path.join('.') ?? ''}: ${issue?.code ?? 'wrong'}`;
}

const UNAVAILABLE: Failure = {
  code: 503,
  reason: 'ServiceUnavailable',
  message: 'the ledger takes nothing now; send it again',
};
