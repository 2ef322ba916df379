import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { importOidcProvider, type Provider } from './oidc-provider-types.ts';
import { type OidcUsers, USERS } from './users.ts';

export interface OidcProviderOptions {
  /** Where the console takes people back: `${console.url}/callback`. */
  readonly redirectUris: readonly string[];
  /** Where they go after they signed out: `${console.url}/`. */
  readonly postLogoutRedirectUris?: readonly string[];
  /** 0 takes a free one. */
  readonly port?: number;
  readonly users?: OidcUsers;
  /** PEM, for 127.0.0.1; without it plain HTTP. */
  readonly tls?: { readonly cert: string; readonly key: string };
}

export interface OidcProvider extends AsyncDisposable {
  /** `http://127.0.0.1:PORT` */
  readonly issuer: string;
  /** A confidential client, and a public one. */
  readonly clientId: string;
  readonly clientSecret: string;
  readonly publicClientId: string;
}

const CLIENT = 'sallyport-console';
const PUBLIC_CLIENT = 'sallyport-console-public';

/**
 * The real oidc-provider (OpenID certified) on 127.0.0.1. Its sign-in page asks for a login and nothing else, with an
 * `input[name=login]` and a button; consent is not asked.
 */
export async function startOidcProvider(options: OidcProviderOptions): Promise<OidcProvider> {
  const { users = USERS, tls } = options;
  const clientSecret = randomBytes(24).toString('base64url');
  let handler: (request: IncomingMessage, response: ServerResponse) => void = () => {};
  const handle = (request: IncomingMessage, response: ServerResponse) => handler(request, response);
  const server = tls === undefined ? createServer(handle) : createTlsServer(tls, handle);
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const issuer = `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`;
  const { Provider } = await importOidcProvider();
  const provider = new Provider(issuer, configuration(options, users, clientSecret));
  const callback = provider.callback();
  handler = (request, response) => {
    const interaction = (request.url ?? '').startsWith('/interaction/');
    const answer = interaction ? signIn(provider, users, request, response) : callback(request, response);
    answer.catch((error: unknown) => {
      response.statusCode = 400;
      response.end(error instanceof Error ? error.message : 'failed');
    });
  };
  return {
    issuer,
    clientId: CLIENT,
    clientSecret,
    publicClientId: PUBLIC_CLIENT,
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function signIn(
  provider: Provider,
  users: OidcUsers,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { uid } = await provider.interactionDetails(request, response);
  if (request.method === 'POST') {
    const login = new URLSearchParams(await text(request)).get('login') ?? '';
    if (Object.hasOwn(users, login)) {
      await provider.interactionFinished(request, response, { login: { accountId: login } });
      return;
    }
  }
  response.setHeader('Content-Type', 'text/html; charset=utf-8');
  response.end(`<!doctype html><html lang="en"><title>Sign in</title><h1>Test provider</h1>
<form method="post" action="/interaction/${uid}"><label>Login <input name="login" autofocus></label><button>Sign in</button></form>`);
}

function configuration(options: OidcProviderOptions, users: OidcUsers, clientSecret: string): object {
  const client = {
    redirect_uris: [...options.redirectUris],
    post_logout_redirect_uris: [...(options.postLogoutRedirectUris ?? [])],
    response_types: ['code'],
    grant_types: ['authorization_code'],
  };
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return {
    clients: [
      { ...client, client_id: CLIENT, client_secret: clientSecret },
      { ...client, client_id: PUBLIC_CLIENT, token_endpoint_auth_method: 'none' },
    ],
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), kid: 'test', alg: 'RS256', use: 'sig' }] },
    cookies: { keys: [randomBytes(16).toString('hex')] },
    features: { devInteractions: { enabled: false } },
    // The API server reads the ID token alone, and so do we.
    conformIdTokenClaims: false,
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['groups', 'name', 'roles'] },
    interactions: { url: (_context: unknown, { uid }: { uid: string }) => `/interaction/${uid}` },
    ttl: { AccessToken: 600, AuthorizationCode: 60, IdToken: 600, Interaction: 600, Session: 600, Grant: 600 },
    findAccount: (_context: unknown, id: string) => account(users, id),
    loadExistingGrant: async (context: GrantContext) => {
      const { client: asking, session, provider } = context.oidc;
      const grant = new provider.Grant({ clientId: asking.clientId, accountId: session.accountId });
      grant.addOIDCScope('openid email profile');
      await grant.save();
      return grant;
    },
  };
}

interface GrantContext {
  readonly oidc: {
    readonly client: { readonly clientId: string };
    readonly session: { readonly accountId: string };
    readonly provider: Provider;
  };
}

function account(users: OidcUsers, id: string): object | undefined {
  const user = Object.hasOwn(users, id) ? users[id] : undefined;
  if (user === undefined) return undefined;
  const { email, emailVerified, groups, more } = user;
  return {
    accountId: id,
    claims: () => ({ sub: id, name: id, email, email_verified: emailVerified, groups, ...more }),
  };
}
