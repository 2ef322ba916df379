import { finished } from 'node:stream/promises';
import express, { type ErrorRequestHandler, type Express, type Request, type Response } from 'express';
import type { Seals } from '../../core/approval/seal.ts';
import type { ApprovalPolicy, ApprovalRequest, ApprovalVote } from '../../core/api/kinds.ts';
import { isFresh } from '../../core/decision/snapshot.ts';
import type { People } from '../../core/people/people.ts';
import type { Handler } from '../../platform/http/listener.ts';
import { sendJson } from '../../platform/http/send-json.ts';
import type { Oidc } from '../../platform/identity/oidc.ts';
import type { Logger } from '../../platform/telemetry/logger.ts';
import type { Metrics } from '../../platform/telemetry/metrics.ts';
import type { Secret } from '../../platform/telemetry/redact.ts';
import type { AccessReview } from '../../ports/access-review.ts';
import type { Surroundings } from '../../core/notice/surroundings.ts';
import type { Acts } from '../../ports/acts.ts';
import type { Backtests } from '../../ports/backtests.ts';
import type { Clock } from '../../ports/clock.ts';
import type { EvidenceReader } from '../../ports/evidence-reader.ts';
import type { PeopleSource } from '../../ports/people.ts';
import type { Watched } from '../../ports/watched.ts';
import type { Standing } from '../api.ts';
import { apiRoutes } from './api-routes.ts';
import { createChangeStream } from './change-stream.ts';
import { createConsoleEvents } from './console-events.ts';
import { createCookieBox } from './cookie-box.ts';
import { setCookie } from './cookies.ts';
import { createFoldedRequests } from './folded-requests.ts';
import { isOwnHost } from './own-host.ts';
import { pageFile, type PageFiles } from './page-files.ts';
import { LATE, sendProblem, TOO_MANY } from './problem.ts';
import { createRateLimit } from './rate-limit.ts';
import { securityHeaders } from './security-headers.ts';
import { createSessions, type Session } from './sessions.ts';
import { sendTextPage, TEXT_PAGE_STYLE } from './sign-in-page.ts';
import { createSignIn } from './sign-in.ts';
import { viewerOf } from './viewer.ts';
import { createVisibility } from './visibility.ts';

export interface ConsoleOptions {
  /** Where people reach it. */
  readonly url: string;
  readonly sessionMs: number;
  /** Ended sessions that are remembered. */
  readonly endedSessions: number;
  readonly streams: number;
  readonly bodyBytes: number;
  readonly systemNamespace: string;
  readonly requestMs: number;
  /** Empty while there is none: then only the API answers. */
  readonly page: () => PageFiles;
}

export interface ConsolePorts {
  readonly oidc: Oidc;
  readonly requests: Watched<ApprovalRequest>;
  readonly votes: Watched<ApprovalVote>;
  /** The sealed ones. */
  readonly votesOf: (requestUID: string) => readonly ApprovalVote[];
  readonly seals: Pick<Seals, 'isRequest' | 'isStatus'>;
  readonly people: PeopleSource;
  readonly surroundingsOf: (request: ApprovalRequest) => Surroundings;
  readonly acts: Acts;
  readonly accessReview: AccessReview;
  /** Where there is evidence to be searched. */
  readonly evidence?: EvidenceReader;
  /** Where policies can be tried on it. */
  readonly backtests?: Backtests;
  readonly policies: Pick<Watched<ApprovalPolicy>, 'list'>;
  readonly synced: () => boolean;
  /** R1: when the cluster was last known to be as it is here, in milliseconds. */
  readonly freshAt: () => number;
  /** Of cookies; every replica has the same. */
  readonly key: Secret<Buffer>;
  readonly randomBytes: (count: number) => Buffer;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
}

export interface ConsoleServer extends Disposable {
  readonly handler: Handler;
}

/** Of everybody, for each way: redeeming a code asks the provider, and nobody makes us ask it more often than people sign in. */
const SIGN_INS = { perSecond: 10, burst: 60 };

/** Of one person: pages that are loaded again and again, in several windows. */
const REQUESTS = { perSecond: 20, burst: 100 };

/** The same of lists, which cost the most: a page asks for one when something has changed. */
const LISTS = { perSecond: 5, burst: 40 };

/** Windows and screens of one person. */
const STREAMS_EACH = 20;

/** The console without its listener. */
export function createConsole(options: ConsoleOptions, ports: ConsolePorts): ConsoleServer {
  const { clock, log, people, randomBytes, requests, votes } = ports;
  const url = new URL(options.url);
  const secure = url.protocol === 'https:';
  const stop = new AbortController();
  const now = () => clock.now();
  const box = createCookieBox(ports.key, randomBytes);
  const events = createConsoleEvents(log, ports.metrics);
  const sessions = createSessions(
    { lifetimeMs: options.sessionMs, ended: options.endedSessions, secure },
    { box, now, randomBytes },
  );
  const signIn = createSignIn({ url, secure }, { oidc: ports.oidc, box, sessions, events, now, randomBytes });
  let lastPeople: People | undefined;
  const viewer = (session: Session) => {
    const known = people.now();
    lastPeople = known ?? lastPeople;
    return viewerOf(session, known, lastPeople);
  };
  const standing = (): Standing => {
    const freshAt = ports.freshAt();
    return isFresh({ freshAt }, now()) ? {} : { staleSince: new Date(Math.max(0, freshAt)).toISOString() };
  };
  const stream = createChangeStream(
    { streams: options.streams, streamsEach: STREAMS_EACH },
    { requests, votes, standing, clock, log },
  );
  const signIns = createRateLimit(SIGN_INS, now);

  const app: Express = express();
  app.set('env', 'production');
  app.set('trust proxy', false);
  app.set('x-powered-by', false);
  app.set('etag', false);
  app.set('query parser', 'simple');
  app.use((request, response, next) => {
    response.set(securityHeaders({ secure }));
    response.once('finish', () => events.answered(response.locals['route'] ?? 'page', response.statusCode));
    if (isOwnHost(request.headers.host, url)) next();
    else sendProblem(request, response, 421, { code: 'WrongHost', message: 'this is not the address of the console' });
  });
  for (const route of ['login', 'callback'] as const) {
    app.get(`/${route}`, async (request, response) => {
      response.locals['route'] = route;
      if (signIns.take(route)) return await signIn[route](request, response);
      response.setHeader('Retry-After', '5');
      sendProblem(request, response, 429, TOO_MANY);
    });
  }
  app.get(TEXT_PAGE_STYLE.path, (_request, response) => void response.type('css').send(TEXT_PAGE_STYLE.css));
  app.use(
    apiRoutes(
      {
        origin: url.origin,
        bodyBytes: options.bodyBytes,
        setCleared: (response) =>
          response.append(
            'Set-Cookie',
            sessions.cleared().map((each) => setCookie(each, secure)),
          ),
      },
      {
        sessions,
        box,
        folded: createFoldedRequests({ requests, votesOf: ports.votesOf, seals: ports.seals, now }),
        visibility: createVisibility({ accessReview: ports.accessReview, now, log, signal: stop.signal }),
        stream,
        viewer,
        standing,
        synced: ports.synced,
        limit: createRateLimit(REQUESTS, now),
        lists: createRateLimit(LISTS, now),
        leave: () => signIn.leave(),
        ...(ports.evidence === undefined
          ? {}
          : {
              evidence: {
                reader: ports.evidence,
                accessReview: ports.accessReview,
                now,
                systemNamespace: options.systemNamespace,
              },
            }),
        ...(ports.backtests === undefined
          ? {}
          : {
              backtests: {
                backtests: ports.backtests,
                accessReview: ports.accessReview,
                policies: () => ports.policies.list(),
                now,
              },
            }),
        acts: ports.acts,
        surroundingsOf: ports.surroundingsOf,
        votes,
        clock,
        events,
      },
    ),
  );
  app.use((request, response) => sendPage(options.page(), request, response));
  app.use(failed(log));

  return {
    handler: async (request, response, signal) => {
      const late = new AbortController();
      const locals: Record<string, unknown> = { signal: AbortSignal.any([signal, late.signal]) };
      Object.assign(response, { locals });
      const callOff = clock.after(options.requestMs, () => {
        if (response.headersSent) return;
        sendJson(response, 503, LATE);
        late.abort();
      });
      const ended = finished(response).catch(() => undefined);
      app(request, response);
      await ended;
      callOff();
    },
    [Symbol.dispose]: () => {
      stream[Symbol.dispose]();
      stop.abort();
    },
  };
}

function sendPage(files: PageFiles, request: Request, response: Response): void {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    sendProblem(request, response, 404, { code: 'NotFound', message: 'there is nothing here' });
    return;
  }
  const file = pageFile(files, request.originalUrl.replace(/\?.*$/s, ''));
  if (file === undefined) {
    const built = files.has('/index.html');
    const message = built ? 'there is nothing here' : 'the page of the console was not built (npm run build-console)';
    if (built && isBrowsing(request))
      return sendTextPage(response, {
        status: 404,
        title: 'There is no such page',
        text: 'The address leads to nothing in this console.',
        links: [{ to: '/', text: 'What waits for you' }],
      });
    sendProblem(request, response, built ? 404 : 503, { code: built ? 'NotFound' : 'NotBuilt', message });
    return;
  }
  response.set({
    'Content-Type': file.type,
    ETag: file.etag,
    'Cache-Control': file.immutable ? 'public, max-age=31536000, immutable' : 'no-cache',
  });
  if (request.headers['if-none-match'] === file.etag) response.status(304).end();
  else response.end(file.bytes);
}

/** Somebody who looks, rather than a program. */
function isBrowsing(request: Request): boolean {
  return request.headers.accept?.includes('text/html') ?? false;
}

/** Of what went wrong nothing is said but what the sender did: a parser quotes what was sent. */
function failed(log: Logger): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    const status = error instanceof Error && 'status' in error && typeof error.status === 'number' ? error.status : 500;
    if (status >= 500)
      log.error({ error: error instanceof Error ? error.name : 'unknown' }, 'the console could not answer');
    // Express tells an error handler by its four parameters; its own would write to standard error.
    void next;
    if (response.headersSent) {
      if (!response.writableEnded) response.destroy();
    } else if (status === 413)
      sendProblem(request, response, 413, { code: 'TooLarge', message: 'the body is too large' });
    else if (status < 500) sendProblem(request, response, 400, { code: 'BadRequest', message: 'this cannot be read' });
    else sendProblem(request, response, 500, { code: 'Failed', message: 'the console could not answer' });
  };
}
