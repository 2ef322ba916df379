import type { Request, Response } from 'express';
import type { ApiProblem } from '../api.ts';

/** Ends the answer with an ApiProblem. A body that was not read to its end closes the connection. */
export function sendProblem(request: Request, response: Response, status: number, problem: ApiProblem): void {
  const bodyless = request.method === 'GET' || request.method === 'HEAD';
  if (!bodyless && !request.complete) response.setHeader('Connection', 'close');
  response.status(status).json(problem);
}

export const NOT_SIGNED_IN: ApiProblem = { code: 'NotSignedIn', message: 'sign in first' };
export const NOT_FOUND: ApiProblem = { code: 'NotFound', message: 'there is no such request, or it is none of yours' };
export const TOO_MANY: ApiProblem = { code: 'TooMany', message: 'too many at once; try again in a moment' };
export const NOT_READY: ApiProblem = { code: 'Unavailable', message: 'the console has not read the cluster yet' };
/** The people map, or all of the cluster: what is not found in what was known last may be there all the same. */
export const CANNOT_TELL: ApiProblem = {
  code: 'Unavailable',
  message: 'this cannot be told now: Sallyport cannot read the cluster, or who is who in it',
};
export const LATE: ApiProblem = { code: 'Unavailable', message: 'this took too long; try again in a moment' };
export const NO_EVIDENCE: ApiProblem = { code: 'NotFound', message: 'no evidence is kept here (audit.readApi)' };
export const NO_BACKTEST: ApiProblem = {
  code: 'NotFound',
  message: 'policies cannot be tried here: no evidence is kept (audit.readApi)',
};
export const OWN_BACKTEST: ApiProblem = {
  code: 'Busy',
  message: 'another back-test of yours runs, and each person may run one: cancel it where you began it, or wait for it',
};
export const MAY_NOT_READ: ApiProblem = {
  code: 'Forbidden',
  message: 'you may not read records here; name a namespace where you may (ClusterRole sallyport-evidence-reader)',
};
export const MAY_NOT_TRY: ApiProblem = {
  code: 'Forbidden',
  message:
    'you may not try policies on the records here; name a namespace where you may list records and create backtests (ClusterRole sallyport-evidence-reader)',
};
