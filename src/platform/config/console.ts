import { z } from 'zod';
import { count, host, httpsUrl, listenPort, path, seconds } from './fields.ts';

/** The web console. Without it there is none. */
export const consoleConfig = z.strictObject({
  url: httpsUrl()
    .refine(
      (url) => /^https?:\/\/[^/?]+\/?$/.test(url),
      'must have no path and no query: the console has a host of its own',
    )
    .describe('Where people reach it; links in messages begin with it.'),
  listen: z
    .strictObject({
      host: host().default('0.0.0.0').describe('Its address.'),
      port: listenPort().default(8445).describe('Its port.'),
    })
    .prefault({})
    .describe('TLS with tls.*; plain HTTP behind your ingress without.'),
  tls: z
    .strictObject({ certificateFile: path().describe('PEM, with its chain.'), keyFile: path().describe('PEM.') })
    .optional(),
  oidc: z.strictObject({
    issuer: httpsUrl().describe('As --oidc-issuer-url of the API server.'),
    clientId: z.string().min(1).max(256).describe('Of the client registered for the console.'),
    clientSecretFile: path().optional().describe('Absent for a public client; PKCE is used in any case.'),
    caFile: path().optional().describe('PEM of the authority of the issuer, where it is not a public one.'),
    scopes: z
      .array(z.string().min(1).max(64))
      .max(16)
      .default(['openid', 'email', 'profile'])
      .describe('Whatever brings the claims below.'),
    usernameClaim: z.string().min(1).max(64).default('email').describe('As --oidc-username-claim of the API server.'),
    usernamePrefix: z
      .string()
      .max(2_048)
      .optional()
      .describe('As --oidc-username-prefix of the API server; absent, none for claim email and `ISSUER#` for others.'),
    groupsClaim: z.string().min(1).max(64).default('groups').describe('As --oidc-groups-claim of the API server.'),
    requireVerifiedEmail: z
      .boolean()
      .default(true)
      .describe(
        'With usernameClaim email, who has no `email_verified: true` in their token is not signed in. The API server accepts a token that says nothing of it.',
      ),
    groupsPrefix: z.string().max(64).default('').describe('As --oidc-groups-prefix of the API server.'),
  }),
  sessionMinutes: count(720, 30, 'A browser that is left open must not vote for its owner tomorrow.'),
  sessions: count(
    100_000,
    10_000,
    'Sign-outs that are remembered until the session would have ended by itself; when there are more, the oldest sessions end.',
  ),
  streams: count(10_000, 500, 'Pages that follow changes at once; each is an open connection.'),
  bodyBytes: count(65_536, 8_192, 'A vote with a reason of 2,048 characters fits four times.'),
  requestSeconds: seconds(60, 15, 'A page that is not served by then is asked for again.'),
});
