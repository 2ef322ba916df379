import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  buildEndSessionUrl,
  calculatePKCECodeChallenge,
  type ClientAuth,
  ClientSecretBasic,
  ClientSecretPost,
  type Configuration,
  customFetch,
  discovery,
  enableNonRepudiationChecks,
  None,
} from 'openid-client';
import type { Clock } from '../../ports/clock.ts';
import type { Secret } from '../telemetry/redact.ts';
import { createBoundedFetch } from './bounded-fetch.ts';
import { type ClaimRules, identityOf, type OidcIdentity } from './oidc-claims.ts';
import { OidcRefusedError, OidcUnavailableError } from './oidc-error.ts';

export interface OidcOptions extends ClaimRules {
  readonly issuer: string;
  readonly clientId: string;
  /** Without it a public client (PKCE is used in any case). */
  readonly clientSecret?: Secret<string>;
  /** Authority of the issuer, where it is not a public one. */
  readonly caPem?: string;
  readonly scopes: readonly string[];
  /** Where the provider sends people back to. */
  readonly redirectUri: string;
}

/** What binds an answer of the provider to the browser that asked; made anew for every sign-in. */
export interface SignInChecks {
  readonly state: string;
  readonly nonce: string;
  readonly codeVerifier: string;
}

/** Sign-in by OpenID Connect: authorization code with PKCE (RFC 7636, S256), state and nonce. No token is kept. */
export interface Oidc {
  /**
   * Where to send a browser; the provider answered a moment ago.
   *
   * @param who `Another`: it asks who it is, whoever is signed in there
   * @throws {OidcUnavailableError}
   */
  authorizationUrl(checks: SignInChecks, who?: 'Another'): Promise<URL>;
  /**
   * Redeems the code of a callback, and verifies the ID token: signature, issuer, audience, nonce, times.
   *
   * @param query of the callback as it came
   * @throws {OidcRefusedError} where it proves nobody's identity
   * @throws {OidcUnavailableError}
   */
  redeem(query: string, checks: SignInChecks): Promise<OidcIdentity>;
  /** Where to sign out at the provider too (OpenID Connect RP-Initiated Logout); undefined where it does not offer that. */
  endSessionUrl(returnTo: string): Promise<URL | undefined>;
}

/** Somebody waits in front of a browser. */
const TIMEOUT_SECONDS = 10;

/** What a provider says of itself is asked anew after this time; its keys are by openid-client. */
const DISCOVERY_MS = 3_600_000;

/** A provider that answered this long ago is sent people to; it is asked by us first, since a browser's own error helps nobody. */
const ANSWERED_MS = 10_000;

/** Somebody waits for a page that would be made in milliseconds. */
const PROBE_TIMEOUT_MS = 5_000;

/** A provider that is away is not asked more often than this, whoever comes. */
const RETRY_MS = 2_000;

/** Discovery is done when it is first needed: a provider that is away delays nobody but who signs in. */
export function createOidc(options: OidcOptions, clock: Clock): Oidc {
  const configuration = discovered(options, clock);
  const answers = answering(options, clock);
  return {
    authorizationUrl: async ({ state, nonce, codeVerifier }, who) => {
      const config = await configuration();
      await answers(config.serverMetadata().issuer);
      return buildAuthorizationUrl(config, {
        ...(who === 'Another' ? { prompt: promptOf(config) } : {}),
        redirect_uri: options.redirectUri,
        scope: options.scopes.join(' '),
        code_challenge: await calculatePKCECodeChallenge(codeVerifier),
        code_challenge_method: 'S256',
        state,
        nonce,
      });
    },
    redeem: async (query, { state, nonce, codeVerifier }) => {
      const config = await configuration();
      // The redirect URI is ours, not what a Host header says.
      const url = new URL(options.redirectUri);
      url.search = query;
      let claims: Readonly<Record<string, unknown>> | undefined;
      try {
        const tokens = await authorizationCodeGrant(config, url, {
          expectedState: state,
          expectedNonce: nonce,
          pkceCodeVerifier: codeVerifier,
          idTokenExpected: true,
        });
        claims = tokens.claims();
      } catch (cause) {
        throw isUnavailable(cause)
          ? new OidcUnavailableError('the OIDC provider cannot be asked now', { cause })
          : new OidcRefusedError('the answer of the OIDC provider does not prove who signs in', { cause });
      }
      if (claims === undefined) throw new OidcRefusedError('the OIDC provider gave no ID token');
      return identityOf(claims, options);
    },
    endSessionUrl: async (returnTo) => {
      const config = await configuration();
      if (config.serverMetadata().end_session_endpoint === undefined) return undefined;
      return buildEndSessionUrl(config, { post_logout_redirect_uri: returnTo });
    },
  };
}

function discovered(options: OidcOptions, clock: Clock): () => Promise<Configuration> {
  let known: { readonly config: Promise<Configuration>; readonly until: number } | undefined;
  return async () => {
    if (known === undefined || clock.now() >= known.until) {
      const config = discover(options);
      const entry = { config, until: clock.now() + DISCOVERY_MS };
      known = entry;
      config.catch(() => {
        if (known === entry) known = { config, until: clock.now() + RETRY_MS };
      });
    }
    return await known.config;
  };
}

/** Whether the provider answers at all, asked once for everybody. @throws {OidcUnavailableError} */
function answering({ caPem }: OidcOptions, clock: Clock): (issuer: string) => Promise<void> {
  const ask = createBoundedFetch(caPem);
  let known: { readonly answer: Promise<unknown>; readonly until: number } | undefined;
  return async (issuer) => {
    if (known === undefined || clock.now() >= known.until) {
      const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
      const answer = ask(url, { method: 'GET', headers: {}, signal: AbortSignal.timeout(PROBE_TIMEOUT_MS) });
      const entry = { answer, until: clock.now() + ANSWERED_MS };
      known = entry;
      answer.catch(() => {
        if (known === entry) known = { answer, until: clock.now() + RETRY_MS };
      });
    }
    await known.answer;
  };
}

/** A choice of accounts where the provider offers one; every provider has to take `login` (OpenID Connect Core §3.1.2.1). */
function promptOf(config: Configuration): string {
  const offered = config.serverMetadata()['prompt_values_supported'];
  return Array.isArray(offered) && offered.includes('select_account') ? 'select_account' : 'login';
}

async function discover({ issuer, clientId, clientSecret, caPem }: OidcOptions): Promise<Configuration> {
  const server = new URL(issuer);
  try {
    return await discovery(server, clientId, { client_id: clientId }, authentication(clientSecret), {
      [customFetch]: createBoundedFetch(caPem),
      timeout: TIMEOUT_SECONDS,
      execute: [
        // The signature too, though TLS has already said who answered: what stands between may be a proxy.
        enableNonRepudiationChecks,
        // The configuration takes plain http for addresses of this machine alone.
        ...(server.protocol === 'http:' ? [allowInsecureRequests] : []),
      ],
    });
  } catch (cause) {
    throw new OidcUnavailableError('the OIDC provider cannot be discovered', { cause });
  }
}

/** By the method that the provider offers (OpenID Connect Core §9: client_secret_basic where it says nothing). */
function authentication(secret: Secret<string> | undefined): ClientAuth {
  if (secret === undefined) return None();
  return (server, client, body, headers) => {
    const offered = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
    const method = offered.includes('client_secret_basic') ? ClientSecretBasic : ClientSecretPost;
    method(secret.reveal())(server, client, body, headers);
  };
}

/** Whether nobody answered, rather than that somebody said no. */
function isUnavailable(error: unknown): boolean {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof OidcUnavailableError || cause.name === 'TimeoutError') return true;
  }
  return false;
}
