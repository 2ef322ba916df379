import type { VoteDecision } from '../../core/api/kinds.ts';
import { DECISIONS } from '../api.ts';
import { businessEvent, emit } from '../../platform/telemetry/event.ts';
import type { Logger } from '../../platform/telemetry/logger.ts';
import type { Metrics } from '../../platform/telemetry/metrics.ts';

export const ROUTES = [
  'me',
  'list',
  'detail',
  'evidence',
  'backtest',
  'vote',
  'stream',
  'login',
  'callback',
  'logout',
  'page',
] as const;
export type Route = (typeof ROUTES)[number];

const OUTCOMES = ['Ok', 'Refused', 'Failed'] as const;
const SIGN_INS = ['SignedIn', 'Refused', 'Unavailable', 'SignedOut'] as const;
const VOTES = ['Cast', 'Refused', 'Unavailable'] as const;

/** What an operator of the console counts, and finds in the log. Never a token, a cookie or a code. */
export interface ConsoleEvents {
  answered(route: Route, status: number): void;
  signIn(outcome: (typeof SIGN_INS)[number], fields: { readonly username?: string; readonly why?: string }): void;
  vote(outcome: (typeof VOTES)[number], fields: VoteFields): void;
  streams(open: number): void;
  /** Evidence tells who did what: who went through it is worth knowing. */
  backtest(outcome: BacktestOutcome, fields: BacktestFields): void;
}

export type BacktestOutcome = 'Report' | 'Refused' | 'Failed' | 'CalledOff' | 'Busy' | 'Forbidden';

export interface BacktestFields {
  readonly username: string;
  readonly namespace?: string;
  readonly days: number;
}

export interface VoteFields {
  readonly username: string;
  readonly person?: string;
  readonly request: string;
  readonly uid: string;
  readonly digest: string;
  readonly decision: VoteDecision;
  readonly refusal?: string;
}

export function createConsoleEvents(log: Logger, metrics: Metrics): ConsoleEvents {
  const counters = {
    requests: metrics.counter({
      name: 'console_requests_total',
      help: 'Requests of browsers to the console, by route and outcome.',
      labels: { route: ROUTES, outcome: OUTCOMES },
    }),
    signIns: metrics.counter({
      name: 'console_sign_ins_total',
      help: 'Sign-ins to the console, and sign-outs.',
      labels: { outcome: SIGN_INS },
    }),
    votes: metrics.counter({
      name: 'console_votes_total',
      help: 'Votes that were cast in the console, by decision and outcome.',
      labels: { decision: DECISIONS, outcome: VOTES },
    }),
  };
  const gauge = metrics.gauge({ name: 'console_streams', help: 'Pages that follow changes now.', labels: {} });
  const sinks = { log, metrics: counters };
  return {
    answered: (route, status) =>
      counters.requests.increment({ route, outcome: status < 400 ? 'Ok' : status < 500 ? 'Refused' : 'Failed' }),
    signIn: (outcome, fields) =>
      emit(
        businessEvent({
          level: outcome === 'SignedIn' || outcome === 'SignedOut' ? 'info' : 'warn',
          message: 'console sign-in',
          fields: { outcome, ...fields },
          counter: (all: typeof counters) => all.signIns,
          labels: { outcome },
        }),
        sinks,
      ),
    vote: (outcome, fields) =>
      emit(
        businessEvent({
          level: outcome === 'Unavailable' ? 'error' : 'info',
          message: 'console vote',
          fields: { outcome, ...fields },
          counter: (all: typeof counters) => all.votes,
          labels: { decision: fields.decision, outcome },
        }),
        sinks,
      ),
    streams: (open) => gauge.set({}, open),
    backtest: (outcome, fields) => log.info({ outcome, ...fields }, 'a policy was tried on the evidence'),
  };
}
