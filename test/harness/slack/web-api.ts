import type { IncomingMessage, ServerResponse } from 'node:http';
import { createRateLimits, type RateLimits } from './rate-limits.ts';
import { type Arguments, METHODS, SlackRefusalError } from './methods.ts';
import type { Workspace } from './workspace.ts';

/** What is wrong with Slack just now, for a method or for `*`, all of them. */
export type Fault =
  | { readonly kind: 'Status'; readonly status: number }
  | { readonly kind: 'RateLimited'; readonly retryAfterSeconds: number }
  | { readonly kind: 'Error'; readonly error: string }
  /** Neither an answer nor an end. */
  | { readonly kind: 'Hang' }
  /** The call is carried out, and its answer is lost. */
  | { readonly kind: 'AnswerLost' }
  | { readonly kind: 'Slow'; readonly ms: number };

export interface Call {
  readonly method: string;
  readonly args: Arguments;
  readonly at: number;
  /** `ok`, or why not. */
  outcome: string;
}

export interface WebApi {
  readonly calls: Call[];
  readonly faults: Map<string, Fault>;
  readonly rates: RateLimits;
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>;
}

export interface WebApiOptions {
  readonly workspace: Workspace;
  readonly tokens: { readonly bot: string; readonly app: string };
  readonly scopes: ReadonlySet<string>;
  readonly now: () => number;
  readonly openConnection: () => string;
}

const BODY_LIMIT = 1_000_000;

/** docs.slack.dev/apis/web-api: POST, a token in the header, arguments as a form or as JSON. */
export function createWebApi(options: WebApiOptions): WebApi {
  const { workspace, tokens, scopes, now, openConnection } = options;
  const calls: Call[] = [];
  const faults = new Map<string, Fault>();
  const rates = createRateLimits(now);

  function answer(name: string, args: Arguments, token: string | undefined): Record<string, unknown> {
    const method = METHODS[name];
    if (method === undefined) throw new SlackRefusalError('unknown_method');
    if (token === undefined) throw new SlackRefusalError('not_authed');
    if (token !== tokens.bot && token !== tokens.app) throw new SlackRefusalError('invalid_auth');
    if (token !== tokens[method.token]) throw new SlackRefusalError('not_allowed_token_type');
    if (method.scopes.length > 0 && !method.scopes.some((scope) => scopes.has(scope)))
      throw new SlackRefusalError('missing_scope', method.scopes.join(','));
    const known = new Set([...method.required, ...method.optional]);
    const unknown = Object.keys(args).find((key) => !known.has(key));
    if (unknown !== undefined) throw new SlackRefusalError('invalid_arguments', `unknown argument ${unknown}`);
    const missing = method.required.find((key) => args[key] === undefined || args[key] === '');
    if (missing !== undefined) throw new SlackRefusalError('invalid_arguments', `missing argument ${missing}`);
    if (name === 'apps.connections.open') return { ok: true, url: openConnection() };
    return method.run(args, workspace, now());
  }

  return {
    calls,
    faults,
    rates,
    handle: async (request, response) => {
      const name = (request.url ?? '').replace(/^\/api\//, '').replace(/\?.*$/, '');
      const args = parseArguments(request, await readAll(request));
      const call: Call = { method: name, args, at: now(), outcome: 'ok' };
      calls.push(call);
      const fault = faults.get(name) ?? faults.get('*');
      const wait = rates.take(name, METHODS[name]?.rate ?? 1, String(args.channel));
      if (fault?.kind === 'Slow') await new Promise((resolve) => setTimeout(resolve, fault.ms));
      if (fault?.kind === 'Hang') return void (call.outcome = 'hang');
      if (fault?.kind === 'Status') return end(response, fault.status, { ok: false }, call, String(fault.status));
      const seconds = fault?.kind === 'RateLimited' ? fault.retryAfterSeconds : wait;
      if (seconds !== undefined) {
        response.setHeader('Retry-After', String(seconds));
        return end(response, 429, { ok: false, error: 'ratelimited' }, call, 'ratelimited');
      }
      try {
        if (fault?.kind === 'Error') throw new SlackRefusalError(fault.error);
        const result = answer(name, args, bearer(request));
        if (fault?.kind === 'AnswerLost') return void response.destroy();
        end(response, 200, result, call, 'ok');
      } catch (error) {
        if (!(error instanceof SlackRefusalError)) throw error;
        const detail =
          error.detail === undefined ? {} : { response_metadata: { messages: [`[ERROR] ${error.detail}`] } };
        end(
          response,
          200,
          { ok: false, error: error.error, ...detail },
          call,
          `${error.error} ${error.detail ?? ''}`.trim(),
        );
      }
    },
  };
}

function end(response: ServerResponse, status: number, body: object, call: Call, outcome: string): void {
  call.outcome = outcome;
  response.writeHead(status, { 'Content-Type': 'application/json; charset=utf-8' });
  response.end(JSON.stringify(body));
}

function bearer(request: IncomingMessage): string | undefined {
  return /^Bearer (\S+)$/.exec(request.headers.authorization ?? '')?.[1];
}

/** Of a form, what is not a plain text comes as JSON, as the SDKs send it. */
function parseArguments(request: IncomingMessage, body: string): Arguments {
  const type = request.headers['content-type'] ?? '';
  if (type.startsWith('application/json')) return JSON.parse(body);
  const entries = [...new URLSearchParams(body)].map(([key, value]) => [
    key,
    STRUCTURED.has(key) ? JSON.parse(value) : plain(value),
  ]);
  return Object.fromEntries(entries);
}

const STRUCTURED = new Set(['blocks', 'metadata', 'view']);

function plain(value: string): unknown {
  return value === 'true' ? true : value === 'false' ? false : value;
}

async function readAll(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > BODY_LIMIT) throw new Error('the caller sent more than Slack takes');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
