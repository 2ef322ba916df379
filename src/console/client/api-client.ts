import {
  API_ROOT,
  type ApiProblem,
  type BacktestBody,
  type BacktestChoices,
  type CastBody,
  CSRF_HEADER,
  type EvidenceList,
  type Me,
  type RequestDetail,
  type RequestList,
  type SignedOut,
  type View,
} from '../api.ts';
import type { BacktestNews } from '../../core/backtest/backtest-call.ts';
import { eachLine } from './each-line.ts';
import { type EvidenceFilters, type Filters, queryOf } from './route.ts';

/** The server's answers to one call end by then, or the page says that they did not. */
const TIMEOUT_MS = 20_000;

/** A back-test ends by itself before. */
const LONG_TIMEOUT_MS = 60_000;

export type Answer<T> =
  | { readonly ok: true; readonly value: T }
  /** `status` is 0 where the server was not reached. */
  | { readonly ok: false; readonly status: number; readonly problem: ApiProblem };

/** Whether the same question may have another answer in a moment. */
export function passes(status: number): boolean {
  return status === 0 || status === 429 || status >= 500;
}

export interface Api {
  me(): Promise<Answer<Me>>;
  list(view: View, filters: Filters): Promise<Answer<RequestList>>;
  evidence(filters: EvidenceFilters): Promise<Answer<EvidenceList>>;
  backtestChoices(namespace: string): Promise<Answer<BacktestChoices>>;
  /** Tells while it runs, until its end or until the signal; the answer is whether it was begun and came to an end. */
  backtest(
    body: BacktestBody,
    csrfToken: string,
    tell: (news: BacktestNews) => void,
    signal: AbortSignal,
  ): Promise<Answer<undefined>>;
  detail(namespace: string, name: string): Promise<Answer<RequestDetail>>;
  cast(namespace: string, name: string, body: CastBody, csrfToken: string): Promise<Answer<RequestDetail>>;
  signOut(csrfToken: string): Promise<Answer<SignedOut>>;
}

/** @param onSignedOut called with every answer that says that nobody is signed in (any more) */
export function createApi(fetch: typeof globalThis.fetch, onSignedOut: () => void = () => undefined): Api {
  const call = async <T>(path: string, init?: Sending): Promise<Answer<T>> => {
    const answer = await send<T>(fetch, path, init);
    if (!answer.ok && answer.status === 401) onSignedOut();
    return answer;
  };
  const requests = `${API_ROOT}/requests`;
  return {
    me: () => call(`${API_ROOT}/me`),
    list: (view, filters) => {
      const query = queryOf(filters);
      query.set('view', view);
      return call(`${requests}?${query.toString()}`);
    },
    evidence: (filters) => call(`${API_ROOT}/evidence?${queryOf(filters).toString()}`),
    backtestChoices: (namespace) => call(`${API_ROOT}/backtests?${queryOf({ namespace }).toString()}`),
    backtest: async (body, csrfToken, tell, signal) => {
      const answer = await sendAndFollow(fetch, `${API_ROOT}/backtests`, posted(body, csrfToken), tell, signal);
      if (!answer.ok && answer.status === 401) onSignedOut();
      return answer;
    },
    detail: (namespace, name) => call(`${requests}/${encodeURIComponent(namespace)}/${encodeURIComponent(name)}`),
    cast: (namespace, name, body, csrfToken) =>
      call(`${requests}/${encodeURIComponent(namespace)}/${encodeURIComponent(name)}/votes`, posted(body, csrfToken)),
    signOut: (csrfToken) => call('/logout', { method: 'POST', headers: { [CSRF_HEADER]: csrfToken } }),
  };
}

interface Sending {
  readonly method?: 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

function posted(body: object, csrfToken: string): Sending {
  const headers = { 'Content-Type': 'application/json', [CSRF_HEADER]: csrfToken };
  return { method: 'POST', headers, body: JSON.stringify(body) };
}

function request(init: Sending, signal: AbortSignal): RequestInit {
  return {
    ...init,
    headers: { Accept: 'application/json', ...init.headers },
    credentials: 'same-origin',
    cache: 'no-store',
    // An identity provider that the server sends us to is for the browser, not for a call.
    redirect: 'error',
    signal,
  };
}

/** Never throws: what goes wrong is an answer too. */
async function send<T>(fetch: typeof globalThis.fetch, path: string, init: Sending = {}): Promise<Answer<T>> {
  let response: Response;
  try {
    response = await fetch(path, request(init, AbortSignal.timeout(TIMEOUT_MS)));
  } catch {
    return failed(0, UNREACHABLE);
  }
  const body: unknown = await response.json().catch(() => undefined);
  if (response.ok && body !== undefined) return { ok: true, value: body as T };
  return refusal(response, body);
}

/** The same where the answer is lines of JSON, each told as it comes. */
async function sendAndFollow(
  fetch: typeof globalThis.fetch,
  path: string,
  init: Sending,
  tell: (line: BacktestNews) => void,
  signal: AbortSignal,
): Promise<Answer<undefined>> {
  try {
    const response = await fetch(path, request(init, AbortSignal.any([signal, AbortSignal.timeout(LONG_TIMEOUT_MS)])));
    if (!response.ok || response.body === null) return refusal(response, await response.json().catch(() => undefined));
    await eachLine(response.body, (line) => tell(JSON.parse(line) as BacktestNews));
    return { ok: true, value: undefined };
  } catch {
    return failed(0, UNREACHABLE);
  }
}

const UNREACHABLE: ApiProblem = { code: 'Unreachable', message: 'The console’s server does not answer.' };

function refusal<T>(response: Response, body: unknown): Answer<T> {
  return failed(
    response.status,
    problemOf(body) ?? { code: 'Unreadable', message: `The server answered ${response.status}.` },
  );
}

function failed<T>(status: number, problem: ApiProblem): Answer<T> {
  return { ok: false, status, problem };
}

function problemOf(body: unknown): ApiProblem | undefined {
  if (typeof body !== 'object' || body === null || !('message' in body) || typeof body.message !== 'string') return;
  return { code: 'code' in body && typeof body.code === 'string' ? body.code : 'Unknown', message: body.message };
}
