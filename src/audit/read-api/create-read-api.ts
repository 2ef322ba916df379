import type { IncomingMessage, ServerResponse } from 'node:http';
import type { UsernamesOf } from '../../core/evidence/by-person.ts';
import { BACKTESTS, RELAY } from '../../core/backtest/backtest-call.ts';
import { EVIDENCE_GROUP, EVIDENCE_VERSION, RECORDS } from '../../core/evidence/record-object.ts';
import { verifiedClientName } from '../../platform/http/https-listener.ts';
import type { Handler } from '../../platform/http/listener.ts';
import { type AnswerCode, sendFailure, sendText } from '../../platform/http/send-json.ts';
import { sendRefusal } from '../../platform/http/send-refusal.ts';
import type { AccessReview, AccessSubject } from '../../ports/access-review.ts';
import type { Backtests } from '../../ports/backtests.ts';
import type { Clock } from '../../ports/clock.ts';
import { EvidenceError, type EvidenceReader } from '../../ports/evidence-reader.ts';
import type { Ledger } from '../../ports/ledger.ts';
import { apisDocument, groupDocument, versionDocument } from './discovery.ts';
import { answerBacktest } from './answer-backtest.ts';
import { callerOf, type FrontProxy } from './front-proxy.ts';
import { getRecord, listRecords } from './list-records.ts';
import { openApiV2, openApiV3, openApiV3Paths } from './openapi.ts';
import { ReadApiError } from './read-api-error.ts';
import type { ReadApiEvents } from './read-api-events.ts';
import { shapeOf, tableOf } from './record-table.ts';
import { type Route, routeOf } from './route.ts';
import { selectionOf } from './selection.ts';
import type { RecordSource } from './record-source.ts';
import { watchRecords } from './watch-records.ts';

export interface ReadApiPorts {
  readonly frontProxy: FrontProxy;
  readonly accessReview: AccessReview;
  readonly reader: EvidenceReader;
  /** Of watches. */
  readonly source: RecordSource;
  /** By the people map of now. */
  readonly usernamesOf: UsernamesOf;
  /** Number of the last record that the reader finds; undefined where nothing is indexed. */
  readonly indexed: () => number | undefined;
  readonly ledger: Pick<Ledger, 'head'>;
  /** Absent: policies are not tried here. */
  readonly backtests?: Backtests;
  readonly clock: Clock;
  /** Watches end when it fires: they never do by themselves. */
  readonly closing: AbortSignal;
  readonly events: ReadApiEvents;
}

/** Watches at once; each costs a connection of the API server's and a look at the ledger a commit. */
const MAX_FOLLOWERS = 64;
/** Of one user. */
const MAX_FOLLOWERS_EACH = 8;
/** client-go asks for 5 to 10 minutes, kubectl for none. */
const DEFAULT_WATCH_MS = 30 * 60_000;
const MAX_WATCH_MS = 60 * 60_000;
/** A warning is a line of text for people (RFC 9111 §5.5 as Kubernetes uses it, KEP-1693). */
const WARNING_CHARACTERS = 256;
const MAX_WARNINGS = 8;

type Records = Extract<Route, { to: 'Records' }>;
type Backtest = Extract<Route, { to: 'Backtests' }>;
type Verb = 'get' | 'list' | 'watch';

interface Asked {
  readonly route: Records;
  readonly verb: Verb;
  readonly user: AccessSubject;
  readonly parameters: URLSearchParams;
}

/**
 * The aggregated API of evidence. Only the API server's front proxy is believed who asks, and the cluster's own authorizers
 * say what they may read: `get`, `list` and `watch` of `records.evidence.sallyport.dev`, in a namespace or in all.
 */
export function createReadApi(ports: ReadApiPorts): Handler {
  const { frontProxy, accessReview, reader, source, indexed, ledger, usernamesOf, clock, events } = ports;
  const followers = new Map<string, number>();

  async function mustBeAllowed(
    user: AccessSubject,
    verb: string,
    route: Records | Backtest,
    signal: AbortSignal,
  ): Promise<void> {
    const resource = route.to === 'Records' ? RECORDS : BACKTESTS;
    let allowed = false;
    try {
      allowed = await isAllowed(user, verb, route, signal);
    } catch (error) {
      // No answer is a no.
      events.unanswered('the cluster could not be asked who may read records', error);
    }
    if (allowed) return;
    const where = route.namespace === undefined ? 'at the cluster scope' : `in the namespace "${route.namespace}"`;
    const what = `${resource}.${EVIDENCE_GROUP} is forbidden: User "${user.username}" cannot ${verb} resource "${resource}" in API group "${EVIDENCE_GROUP}" ${where}`;
    throw new ReadApiError(403, 'Forbidden', what);
  }

  function isAllowed(
    user: AccessSubject,
    verb: string,
    route: Records | Backtest,
    signal: AbortSignal,
  ): Promise<boolean> {
    const { namespace = '' } = route;
    const named =
      route.to === 'Records' ? { resource: RECORDS, name: route.name ?? '' } : { resource: BACKTESTS, name: '' };
    const group = { group: EVIDENCE_GROUP, version: EVIDENCE_VERSION, subresource: '' };
    return accessReview.allowed({ user, verb, namespace, ...group, ...named }, signal);
  }

  async function answerRecords(
    { route, verb, user, parameters }: Asked,
    request: IncomingMessage,
    response: ServerResponse,
    signal: AbortSignal,
  ): Promise<void> {
    await mustBeAllowed(user, verb, route, signal);
    const { namespace } = route;
    const shape = shapeOf(request.headers.accept, parameters.get('includeObject'));
    switch (verb) {
      case 'get': {
        const object = await getRecord(reader, namespace, route.name ?? '', signal);
        send(response, shape.as === 'Objects' ? object : tableOf([object], {}, shape.include));
        return;
      }
      case 'list': {
        const version = await source.version();
        const options = { namespace, parameters, version, now: clock.now() };
        const { list, warnings } = await listRecords(reader, options, signal);
        const behind = behindOf(ledger, indexed());
        warn(response, behind === undefined ? warnings : [...warnings, `the index is ${behind} records behind`]);
        send(
          response,
          shape.as === 'Objects'
            ? { ...list, ...(behind === undefined ? {} : { behind }) }
            : tableOf(list.items, list.metadata, shape.include),
        );
        return;
      }
      case 'watch': {
        const { selection } = selectionOf(parameters, clock.now());
        const { person } = selection;
        if (person !== undefined && usernamesOf(person) === undefined)
          throw new EvidenceError('Unavailable', 'nobody knows now who is who (ConfigMap sallyport-people)');
        const unfollow = follow(user.username);
        const options = {
          selection,
          namespace,
          shape,
          bookmarks: parameters.get('allowWatchBookmarks') === 'true',
          lastsMs: watchMs(parameters.get('timeoutSeconds')),
        };
        const stillMay = () => isAllowed(user, verb, route, signal);
        try {
          using cursor = await source.from(parameters.get('resourceVersion') ?? '', options);
          const watched = { cursor, clock, usernamesOf, stillMay };
          await watchRecords(response, options, watched, AbortSignal.any([signal, ports.closing]));
        } finally {
          unfollow();
        }
      }
    }
  }

  /** @throws ReadApiError TooManyRequests */
  function follow(username: string): () => void {
    const theirs = followers.get(username) ?? 0;
    const all = [...followers.values()].reduce((sum, each) => sum + each, 0);
    if (theirs >= MAX_FOLLOWERS_EACH || all >= MAX_FOLLOWERS) {
      throw new ReadApiError(429, 'TooManyRequests', 'too many follow the records already; close one of them');
    }
    followers.set(username, theirs + 1);
    events.following(all + 1);
    return () => {
      const left = (followers.get(username) ?? 1) - 1;
      if (left === 0) followers.delete(username);
      else followers.set(username, left);
      events.following([...followers.values()].reduce((sum, each) => sum + each, 0));
    };
  }

  return async (request, response, signal) => {
    const user = callerOf(verifiedClientName(request), request.headersDistinct, frontProxy);
    if (user === undefined) {
      events.unauthenticated(request.socket.remoteAddress);
      await sendRefusal(request, response, UNAUTHORIZED, clock);
      return;
    }
    const url = new URL(`https://host${request.url ?? '/'}`);
    const route = routeOf(url.pathname);
    if (route === undefined) return await sendRefusal(request, response, NOT_FOUND, clock);
    const method = route.to === 'Backtests' ? 'POST' : 'GET';
    if (request.method !== method) return await sendRefusal(request, response, METHOD_NOT_ALLOWED, clock);
    if (route.to !== 'Records' && route.to !== 'Backtests') {
      const { type, body } = documentOf(route.to, request.headers.accept);
      sendText(response, 200, type, JSON.stringify(body));
      return;
    }
    const verb = route.to === 'Backtests' ? 'create' : verbOf(route, url.searchParams);
    const told = (outcome: Parameters<ReadApiEvents['read']>[3]) =>
      events.read(user.username, verb, route.namespace, outcome);
    try {
      if (verb === 'create' || route.to === 'Backtests') {
        await mustBeAllowed(user, 'create', route, signal);
        // What it tells is made of records.
        await mustBeAllowed(user, 'list', { ...route, to: 'Records' }, signal);
        // Everywhere or not at all.
        const mustRelay = () => mustBeAllowed(user, RELAY, { to: 'Backtests' }, signal);
        const caller = { username: user.username, mustRelay };
        const either = AbortSignal.any([signal, ports.closing]);
        await answerBacktest(route.namespace, caller, ports, request, response, either);
      } else await answerRecords({ route, verb, user, parameters: url.searchParams }, request, response, signal);
      told('Answered');
    } catch (error) {
      if (signal.aborted) return;
      if (response.headersSent) throw error;
      if (error instanceof ReadApiError) {
        told(error.failure.code === 403 ? 'Forbidden' : 'Refused');
        if (error.retryAfterSeconds !== undefined) response.setHeader('Retry-After', error.retryAfterSeconds);
        if (request.complete) sendFailure(response, error.failure);
        else await sendRefusal(request, response, error.failure, clock);
      } else if (error instanceof EvidenceError && error.code === 'BadQuery') {
        told('Refused');
        sendFailure(response, { code: 400, reason: 'BadRequest', message: error.message });
      } else if (error instanceof EvidenceError) {
        told('Unavailable');
        events.unanswered('the evidence cannot be searched', error);
        sendFailure(response, { code: 503, reason: 'ServiceUnavailable', message: error.message });
      } else throw error;
    }
  };
}

function verbOf({ name }: Records, parameters: URLSearchParams): Verb {
  if (name !== undefined) return 'get';
  return ['true', '1'].includes(parameters.get('watch') ?? '') ? 'watch' : 'list';
}

function documentOf(to: Exclude<Route['to'], 'Records' | 'Backtests'>, accept: string | undefined) {
  const json = (body: object) => ({ type: 'application/json', body });
  switch (to) {
    case 'Apis':
      return apisDocument(accept);
    case 'Group':
      return groupDocument();
    case 'Version':
      return versionDocument();
    case 'OpenApiV2':
      return json(openApiV2());
    case 'OpenApiV3':
      return json(openApiV3());
    case 'OpenApiV3Paths':
      return json(openApiV3Paths());
  }
}

/** What is indexed in the next moment is nothing to tell. */
const BEHIND_TOLD = 1_000;

function behindOf(ledger: Pick<Ledger, 'head'>, indexed: number | undefined): number | undefined {
  const behind = (ledger.head()?.seq ?? 0) - (indexed ?? 0);
  return behind < BEHIND_TOLD ? undefined : behind;
}

function watchMs(seconds: string | null): number {
  if (seconds === null || !/^\d{1,9}$/.test(seconds) || seconds === '0') return DEFAULT_WATCH_MS;
  return Math.min(Number(seconds) * 1_000, MAX_WATCH_MS);
}

function send(response: ServerResponse, body: object, code: AnswerCode = 200): void {
  sendText(response, code, 'application/json', JSON.stringify(body));
}

/** Header values are Latin-1 at most, and a quote ends one. */
function warn(response: ServerResponse, warnings: readonly string[]): void {
  if (warnings.length === 0) return;
  const lines = warnings.slice(0, MAX_WARNINGS).map((text) => {
    const plain = text.slice(0, WARNING_CHARACTERS).replaceAll(/[^\x20-\x7e]|["\\]/g, '?');
    return `299 - "${plain}"`;
  });
  response.setHeader('Warning', lines);
}

const UNAUTHORIZED = {
  code: 401,
  reason: 'Unauthorized',
  message: 'ask through the API server: only its front proxy is answered',
} as const;
const NOT_FOUND = { code: 404, reason: 'NotFound', message: 'there is no such resource' } as const;
const METHOD_NOT_ALLOWED = {
  code: 405,
  reason: 'MethodNotAllowed',
  message: 'evidence is read here (GET), and policies are tried on it (POST backtests)',
} as const;
