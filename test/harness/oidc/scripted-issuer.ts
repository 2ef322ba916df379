import { generateKeyPairSync, sign } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the token endpoint answers; the ID token is signed with the key of the issuer, or with another. */
export interface ScriptedAnswer {
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly foreignKey?: boolean;
  readonly algorithm?: 'RS256' | 'none';
  readonly status?: number;
  readonly body?: string;
}

export interface ScriptedIssuer extends AsyncDisposable {
  readonly issuer: string;
  /** Of the next codes. */
  answer: ScriptedAnswer;
  /** Whether discovery answers with 500. */
  broken: boolean;
  readonly asked: { discovery: number; token: number };
}

/** A provider that lies: for what the real one never does. */
export async function startScriptedIssuer(): Promise<ScriptedIssuer> {
  const own = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const foreign = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const state: ScriptedIssuer = {
    issuer,
    answer: {},
    broken: false,
    asked: { discovery: 0, token: 0 },
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
  const token = (): string => {
    const { claims = {}, foreignKey = false, algorithm = 'RS256' } = state.answer;
    const now = Math.floor(Date.now() / 1000);
    const all = { iss: issuer, aud: 'client', sub: 'alice', iat: now, exp: now + 60, ...claims };
    const text = [{ alg: algorithm, kid: 'k' }, all]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.');
    const key = (foreignKey ? foreign : own).privateKey;
    return `${text}.${algorithm === 'none' ? '' : sign('sha256', Buffer.from(text), key).toString('base64url')}`;
  };
  server.on('request', (request, response) => {
    request.resume();
    switch (request.url) {
      case '/.well-known/openid-configuration':
        state.asked.discovery += 1;
        if (state.broken) return json(response, 500, {});
        return json(response, 200, {
          issuer,
          authorization_endpoint: `${issuer}/auth`,
          token_endpoint: `${issuer}/token`,
          jwks_uri: `${issuer}/jwks`,
          response_types_supported: ['code'],
          id_token_signing_alg_values_supported: ['RS256'],
        });
      case '/jwks':
        return json(response, 200, {
          keys: [{ ...own.publicKey.export({ format: 'jwk' }), kid: 'k', alg: 'RS256', use: 'sig' }],
        });
      default: {
        state.asked.token += 1;
        const { status = 200, body } = state.answer;
        if (body !== undefined) {
          response.writeHead(status, { 'Content-Type': 'application/json' }).end(body);
          return;
        }
        json(response, status, { access_token: 'access', token_type: 'Bearer', id_token: token() });
      }
    }
  });
  return state;
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
}
