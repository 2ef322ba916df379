import { json, type Request, type Response, Router } from 'express';
import {
  API_ROOT,
  type Change,
  type Me,
  type RequestDetail,
  type RequestList,
  type SignedOut,
  type Standing,
} from '../api.ts';
import { EvidenceError } from '../../ports/evidence-reader.ts';
import { BACKTESTS_PATH, backtestRoutes } from './backtest-routes.ts';
import type { BacktestPorts } from './backtests.ts';
import { castBody, castVote, type CastPorts } from './cast-vote.ts';
import type { ChangeStream } from './change-stream.ts';
import type { Route } from './console-events.ts';
import type { CookieBox } from './cookie-box.ts';
import { readCookies } from './cookies.ts';
import { detailOf } from './detail.ts';
import { evidenceQuery, listEvidence, type EvidencePorts } from './evidence.ts';
import type { Folded } from './folded-requests.ts';
import { listQuery, listRequests } from './list-requests.ts';
import {
  CANNOT_TELL,
  MAY_NOT_READ,
  NO_EVIDENCE,
  NOT_FOUND,
  NOT_READY,
  NOT_SIGNED_IN,
  sendProblem,
  TOO_MANY,
} from './problem.ts';
import type { RateLimit } from './rate-limit.ts';
import { crossSiteProblem } from './same-site.ts';
import type { Session, Sessions } from './sessions.ts';
import { knownAs, type Viewer } from './viewer.ts';
import type { Visibility } from './visibility.ts';

export interface ApiPorts extends CastPorts {
  readonly sessions: Sessions;
  readonly box: CookieBox;
  readonly visibility: Visibility;
  readonly stream: ChangeStream;
  readonly viewer: (session: Session) => Viewer;
  /** Whether the cluster was read once: what is empty until then is not empty. */
  readonly synced: () => boolean;
  readonly standing: () => Standing;
  readonly limit: RateLimit;
  /** Of lists: each looks at every request. */
  readonly lists: RateLimit;
  readonly leave: () => Promise<string>;
  /** Where there is evidence to be searched. */
  readonly evidence?: EvidencePorts;
  /** Where policies can be tried on it. */
  readonly backtests?: BacktestPorts;
}

export interface ApiOptions {
  readonly origin: string;
  readonly bodyBytes: number;
  readonly setCleared: (response: Response) => void;
}

interface Asked {
  readonly request: Request;
  readonly response: Response;
  readonly session: Session;
  readonly viewer: Viewer;
}

/** Each looks at every request, or at the evidence. */
const EACH_COSTS: ReadonlySet<Route> = new Set<Route>(['list', 'evidence', 'backtest']);

/** The routes of src/console/api.ts, and POST /logout. */
export function apiRoutes(options: ApiOptions, ports: ApiPorts): Router {
  const { sessions, box, visibility, folded, clock, events } = ports;
  const router = Router({ caseSensitive: true, strict: true });
  const body = json({ limit: options.bodyBytes, type: 'application/json', inflate: false, strict: true });

  /** Whoever asks is signed in, is not too fast, and posts from a page of ours. */
  const asked =
    (route: Route, answer: (asked: Asked) => Promise<void>) => async (request: Request, response: Response) => {
      response.locals['route'] = route;
      const session = sessions.of(readCookies(request.headers.cookie));
      if (session === undefined) return sendProblem(request, response, 401, NOT_SIGNED_IN);
      const limits = EACH_COSTS.has(route) ? [ports.limit, ports.lists] : [ports.limit];
      if (!limits.every((limit) => limit.take(session.username))) {
        response.setHeader('Retry-After', '1');
        return sendProblem(request, response, 429, TOO_MANY);
      }
      const problem = request.method === 'POST' ? crossSiteProblem(request, session, options.origin, box) : undefined;
      if (problem !== undefined) return sendProblem(request, response, 403, problem);
      await answer({ request, response, session, viewer: ports.viewer(session) });
    };

  /** The same, once there is something to look at. */
  const looking = (route: Route, answer: (asked: Asked) => Promise<void>) =>
    asked(route, async (each) => {
      if (!ports.synced()) return sendProblem(each.request, each.response, 503, NOT_READY);
      await answer(each);
    });

  const readable = async (viewer: Viewer, namespace: string, name: string): Promise<Folded | undefined> => {
    const found = folded.get(namespace, name);
    return found !== undefined && (await visibility.mayRead(viewer, found)) ? found : undefined;
  };
  const found = async ({ request, viewer }: Asked): Promise<Folded | undefined> =>
    await readable(viewer, String(request.params['namespace']), String(request.params['name']));

  /** Neither what is out of date nor who cannot be known proves that there is nothing. */
  const absent = ({ request, response, viewer }: Asked): void => {
    if (ports.standing().staleSince !== undefined || isUnknown(viewer))
      sendProblem(request, response, 503, CANNOT_TELL);
    else sendProblem(request, response, 404, NOT_FOUND);
  };

  router.get(
    `${API_ROOT}/me`,
    asked('me', async ({ response, session, viewer }) => {
      const person = knownAs(viewer)?.person;
      const me: Me = {
        ...(person === undefined ? {} : { person }),
        username: session.username,
        groups: session.groups,
        ...(viewer.voter.kind === 'MapAway' ? { mapAway: true } : {}),
        ...(ports.evidence === undefined ? {} : { evidence: true as const }),
        csrfToken: box.csrfToken(session.id),
        expiresAt: new Date(session.expiresAt).toISOString(),
      };
      response.json(me);
    }),
  );

  router.get(
    `${API_ROOT}/requests`,
    looking('list', async ({ request, response, viewer }) => {
      const query = listQuery.safeParse(request.query);
      if (!query.success) return sendProblem(request, response, 400, badRequest(query.error.issues));
      if (query.data.view !== 'all' && isUnknown(viewer)) return sendProblem(request, response, 503, CANNOT_TELL);
      const list = await listRequests(query.data, viewer, {
        folded,
        visibility,
        now: () => clock.now(),
      });
      const answer: RequestList = { ...list, ...ports.standing() };
      response.json(answer);
    }),
  );

  router.get(
    `${API_ROOT}/requests/:namespace/:name`,
    looking('detail', async (each) => {
      const one = await found(each);
      if (one === undefined) return absent(each);
      const detail: RequestDetail = {
        ...detailOf(one, each.viewer, ports.surroundingsOf(one.request), clock.now()),
        ...ports.standing(),
      };
      each.response.json(detail);
    }),
  );

  router.get(
    `${API_ROOT}/evidence`,
    asked('evidence', async ({ request, response, viewer }) => {
      if (ports.evidence === undefined) return sendProblem(request, response, 404, NO_EVIDENCE);
      const query = evidenceQuery.safeParse(request.query);
      if (!query.success) return sendProblem(request, response, 400, badRequest(query.error.issues));
      const signal = response.locals['signal'] as AbortSignal;
      try {
        const answer = await listEvidence(query.data, viewer, ports.evidence, signal);
        if (answer.kind === 'List') response.json(answer.list);
        else if (answer.kind === 'Forbidden') sendProblem(request, response, 403, MAY_NOT_READ);
        else sendProblem(request, response, 400, { code: 'BadRequest', message: answer.message });
      } catch (error) {
        if (!(error instanceof EvidenceError)) throw error;
        if (error.code === 'BadQuery')
          sendProblem(request, response, 400, { code: 'BadRequest', message: error.message });
        else sendProblem(request, response, 503, { code: 'Unavailable', message: error.message });
      }
    }),
  );

  const backtests = backtestRoutes(ports.backtests, events, read);
  router.get(BACKTESTS_PATH, asked('backtest', backtests.choices));
  router.post(BACKTESTS_PATH, asked('backtest', backtests.run));

  const votes = `${API_ROOT}/requests/:namespace/:name/votes`;
  router.post(votes, (request, response, next) => {
    // The body is read for nobody who may not send one.
    const cast = looking('vote', async (each) => {
      await read(request, response, body);
      const parsed = castBody.safeParse(request.body);
      if (!parsed.success) return sendProblem(request, response, 400, badRequest(parsed.error.issues));
      const one = await found(each);
      if (one === undefined) return absent(each);
      const answer = await castVote(one, parsed.data, each.viewer, ports, response.locals['signal'] as AbortSignal);
      response.status(answer.status).json(answer.body);
    });
    cast(request, response).catch(next);
  });

  router.get(
    `${API_ROOT}/stream`,
    looking('stream', async ({ request, response, session }) => {
      const mayRead = async ({ namespace, name }: Change) =>
        (await readable(ports.viewer(session), namespace, name)) !== undefined;
      const { username, expiresAt } = session;
      const stands = () => sessions.of(readCookies(request.headers.cookie)) !== undefined;
      if (!ports.stream.follow({ username, response, expiresAt, stands, mayRead })) {
        response.setHeader('Retry-After', '5');
        return sendProblem(request, response, 503, TOO_MANY);
      }
      events.streams(ports.stream.size());
      response.once('close', () => events.streams(ports.stream.size()));
    }),
  );

  router.post(
    '/logout',
    asked('logout', async ({ response, session }) => {
      sessions.end(session);
      options.setCleared(response);
      events.signIn('SignedOut', { username: session.username });
      const signedOut: SignedOut = { to: await ports.leave() };
      response.json(signedOut);
    }),
  );
  return router;
}

/** Nobody knows whether they are anybody: what is theirs, or waits for them, cannot be told. */
function isUnknown({ voter }: Viewer): boolean {
  return voter.kind === 'MapAway' && voter.last === undefined;
}

/** @throws the error of the parser, with its HTTP status */
function read(request: Request, response: Response, parser: ReturnType<typeof json>): Promise<void> {
  return new Promise((resolve, reject) => {
    parser(request, response, (error?: unknown) => {
      if (error === undefined) resolve();
      else reject(error instanceof Error ? error : new Error('the body cannot be read'));
    });
  });
}

function badRequest(issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[]): {
  code: string;
  message: string;
} {
  const texts = issues.slice(0, 4).map(({ path, message }) => `${path.map(String).join('.') || 'it'}: ${message}`);
  return { code: 'BadRequest', message: texts.join('; ').slice(0, 500) };
}
