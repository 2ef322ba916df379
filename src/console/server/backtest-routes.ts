import { json, type Request, type Response } from 'express';
import { API_ROOT, type BacktestBody } from '../api.ts';
import {
  BACKTEST_BODY_BYTES,
  backtestBody,
  type BacktestPorts,
  backtestQuery,
  beginBacktest,
  choicesFor,
  type Running,
  sendNews,
} from './backtests.ts';
import type { BacktestOutcome, ConsoleEvents } from './console-events.ts';
import { MAY_NOT_TRY, NO_BACKTEST, OWN_BACKTEST, sendProblem } from './problem.ts';
import type { Viewer } from './viewer.ts';

export const BACKTESTS_PATH = `${API_ROOT}/backtests`;

interface Asked {
  readonly request: Request;
  readonly response: Response;
  readonly viewer: Viewer;
}

export interface BacktestRoutes {
  readonly choices: (asked: Asked) => Promise<void>;
  readonly run: (asked: Asked) => Promise<void>;
}

const parser = json({ limit: BACKTEST_BODY_BYTES, type: 'application/json', inflate: false, strict: true });

/** @param ports absent where there is no evidence */
export function backtestRoutes(
  ports: BacktestPorts | undefined,
  events: Pick<ConsoleEvents, 'backtest'>,
  read: (request: Request, response: Response, parse: typeof parser) => Promise<void>,
): BacktestRoutes {
  const running: Running = new Set();
  return {
    choices: async ({ request, response, viewer }) => {
      if (ports === undefined) return sendProblem(request, response, 404, NO_BACKTEST);
      const query = backtestQuery.safeParse(request.query);
      if (!query.success) return sendProblem(request, response, 400, badRequest('namespace'));
      const signal = response.locals['signal'] as AbortSignal;
      const choices = await choicesFor(viewer, query.data.namespace ?? '', ports, signal);
      if (choices === undefined) sendProblem(request, response, 403, MAY_NOT_TRY);
      else response.json(choices);
    },
    run: async ({ request, response, viewer }) => {
      if (ports === undefined) return sendProblem(request, response, 404, NO_BACKTEST);
      await read(request, response, parser);
      const parsed = backtestBody.safeParse(request.body);
      if (!parsed.success) {
        const [issue] = parsed.error.issues;
        return sendProblem(request, response, 400, badRequest(issue?.path.map(String).join('.') || issue?.message));
      }
      const body = parsed.data as BacktestBody;
      const signal = response.locals['signal'] as AbortSignal;
      const { username } = viewer;
      const { namespace, days } = body;
      const told = (outcome: BacktestOutcome): void =>
        events.backtest(outcome, { username, ...(namespace === undefined ? {} : { namespace }), days });
      const sendBusy = (message: string): void => {
        told('Busy');
        response.setHeader('Retry-After', RETRY_SECONDS);
        sendProblem(request, response, 429, { ...OWN_BACKTEST, message });
      };
      const begun = await beginBacktest(body, viewer, running, ports, signal);
      switch (begun.kind) {
        case 'Begun':
          try {
            told(await sendNews(response, begun, signal));
          } finally {
            running.delete(username);
          }
          return;
        case 'Forbidden':
          told('Forbidden');
          return sendProblem(request, response, 403, MAY_NOT_TRY);
        case 'NoSuchPolicy':
          return sendProblem(request, response, 404, noSuchPolicy(begun.name));
        case 'OwnRuns':
          return sendBusy(OWN_BACKTEST.message);
        case 'OthersRun':
          return sendBusy(OTHERS);
        case 'Busy':
          return sendBusy(begun.message);
        case 'Unavailable':
          told('Failed');
          return sendProblem(request, response, 503, { code: 'Unavailable', message: AWAY });
      }
    },
  };
}

/** As the API of evidence says. */
const RETRY_SECONDS = '10';
const OTHERS = 'others run back-tests now, as many as may run at once: try again in 10 s';
const AWAY = 'the API of evidence does not answer';

function noSuchPolicy(name: string) {
  return { code: 'NotFound', message: `there is no ApprovalPolicy ${name}, or you may not read it` };
}

function badRequest(what = 'the body') {
  return { code: 'BadRequest', message: what.includes(' ') ? what : `${what}: this cannot be read` };
}
