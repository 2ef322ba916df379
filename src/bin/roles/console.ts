import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { createConsole } from '../../console/server/create-console.ts';
import { readPageFiles } from '../../console/server/page-files.ts';
import type { Config } from '../../platform/config/schema.ts';
import { untilAborted } from '../../platform/clock/until-aborted.ts';
import { createHttpsListener, type ServingCertificate } from '../../platform/http/https-listener.ts';
import {
  DEFAULT_LISTENER_LIMITS,
  type Handler,
  type Listener,
  type ListenerOptions,
} from '../../platform/http/listener.ts';
import { createPlainListener } from '../../platform/http/plain-listener.ts';
import { usernamePrefixOf } from '../../platform/identity/oidc-claims.ts';
import { createOidc, type Oidc } from '../../platform/identity/oidc.ts';
import { createAccessReview } from '../../platform/kube/access-review.ts';
import type { Process, Role } from '../process.ts';
import { readSecretFile } from './secret-file.ts';
import { whenReadable } from './when-readable.ts';

type ConsoleConfig = NonNullable<Config['console']>;
type TlsFiles = NonNullable<ConsoleConfig['tls']>;

/** What `npm run build-console` makes. */
const PAGE = fileURLToPath(new URL('../../../dist/console', import.meta.url));

/** A cookie with 512 groups is the largest header that a browser of ours sends. */
const HEADER_BYTES = 32 * 1024;

/** Besides those that follow changes: pages that load. */
const CONNECTIONS = 512;

/** A certificate that was renewed is taken up by then (cert-manager renews weeks before). */
const CERTIFICATE_MS = 60_000;

/** Serves the web console where one is configured; every replica does. */
export function consoleRole(process: Process): Role {
  const { config, log } = process;
  const options = config.console;
  // A role that returns ends the process.
  if (options === undefined) return { name: 'console', ready: () => true, run: untilAborted };
  let state: Listener | 'Starting' | 'Waiting' = 'Starting';
  // Whoever waits for files must not take the gate of the same process out of its Service.
  const withGate = config.roles.includes('webhook');
  return {
    name: 'console',
    // Not by how fresh it is: a page that says since when it is out of date is better than none.
    ready: () => (typeof state === 'string' ? state === 'Waiting' && withGate : state.ready()),
    run: async (signal) => {
      const read = () =>
        readFiles(options, process).catch((error: unknown) => {
          state = 'Waiting';
          throw error;
        });
      const files = await whenReadable('the files of console.oidc or console.tls', read, process, signal);
      if (files === undefined) return;
      const server = createConsole(await consoleOptions(options), {
        oidc: files.oidc,
        requests: process.view.requests,
        votes: process.view.votes,
        votesOf: process.votesOf,
        seals: process.seals,
        people: process.people,
        surroundingsOf: process.surroundingsOf,
        acts: process.acts,
        accessReview: createAccessReview(process.client),
        synced: () => process.view.synced(),
        freshAt: () => process.view.freshAt(),
        key: process.sessionKey,
        randomBytes,
        clock: process.clock,
        log,
        metrics: process.metrics,
      });
      const created = listen(options, files.certificate, server.handler, process, signal);
      const { host, port } = await created.start();
      state = created;
      log.info({ host, port, url: options.url }, 'console listens');
      await untilAborted(signal);
      // Streams never end by themselves.
      server[Symbol.dispose]();
      await created[Symbol.asyncDispose]();
    },
  };
}

async function consoleOptions({ url, sessionMinutes, sessions, streams, bodyBytes, requestSeconds }: ConsoleConfig) {
  return {
    url,
    sessionMs: sessionMinutes * 60_000,
    endedSessions: sessions,
    streams,
    bodyBytes,
    requestMs: requestSeconds * 1000,
    page: await readPageFiles(PAGE),
  };
}

/** @throws where one is missing, or is not what it should be */
async function readFiles(options: ConsoleConfig, process: Process) {
  return {
    oidc: await oidcOf(options, process),
    certificate: options.tls === undefined ? undefined : await readCertificate(options.tls),
  };
}

async function oidcOf({ url, oidc }: ConsoleConfig, { clock }: Process): Promise<Oidc> {
  const { clientSecretFile, caFile, usernamePrefix, ...rest } = oidc;
  const secret = clientSecretFile === undefined ? undefined : await readSecretFile(clientSecretFile);
  return createOidc(
    {
      ...rest,
      usernamePrefix: usernamePrefixOf(oidc),
      ...(secret === undefined ? {} : { clientSecret: secret }),
      ...(caFile === undefined ? {} : { caPem: await readFile(caFile, 'utf8') }),
      redirectUri: new URL('/callback', url).href,
    },
    clock,
  );
}

function listen(
  options: ConsoleConfig,
  first: ServingCertificate | undefined,
  handler: Handler,
  { clock, log }: Process,
  signal: AbortSignal,
): Listener {
  const listenerOptions: ListenerOptions = {
    ...options.listen,
    limits: {
      ...DEFAULT_LISTENER_LIMITS,
      maxConnections: options.streams + CONNECTIONS,
      maxHeaderBytes: HEADER_BYTES,
      requestMs: options.requestSeconds * 1000,
      drainMs: options.requestSeconds * 1000,
    },
    handler,
    clock,
    log,
  };
  const { tls } = options;
  if (tls === undefined || first === undefined) return createPlainListener(listenerOptions);
  let certificate = first;
  const listener = createHttpsListener({ ...listenerOptions, certificate });
  const follow = async () => {
    while (!signal.aborted) {
      await clock.sleep(CERTIFICATE_MS, signal);
      try {
        const next = await readCertificate(tls);
        if (next.certificatePem === certificate.certificatePem && next.privateKeyPem === certificate.privateKeyPem)
          continue;
        listener.setCertificate(next);
        certificate = next;
        log.info({}, 'the certificate of the console was taken up');
      } catch (error) {
        // Half of a renewal, or a file that is away: the present one stays.
        log.warn(
          { error: error instanceof Error ? error.name : 'unknown' },
          'the certificate of the console is unusable',
        );
      }
    }
  };
  follow().catch(() => undefined);
  return listener;
}

async function readCertificate({ certificateFile, keyFile }: TlsFiles): Promise<ServingCertificate> {
  const certificate = {
    certificatePem: await readFile(certificateFile, 'utf8'),
    privateKeyPem: await readFile(keyFile, 'utf8'),
  };
  // Throws where they do not fit.
  createSecureContext({ cert: certificate.certificatePem, key: certificate.privateKeyPem });
  return certificate;
}
