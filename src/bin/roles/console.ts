import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type ConsoleOptions, createConsole } from '../../console/server/create-console.ts';
import { type PageFiles, readWholePage } from '../../console/server/page-files.ts';
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
import { untilListening } from '../../platform/http/until-listening.ts';
import { usernamePrefixOf } from '../../platform/identity/oidc-claims.ts';
import { createOidc, type Oidc } from '../../platform/identity/oidc.ts';
import { createAccessReview } from '../../platform/kube/access-review.ts';
import { createBacktestsClient } from '../../platform/kube/backtests-client.ts';
import { createRecordsReader } from '../../platform/kube/records-reader.ts';
import { isPair } from '../../platform/tls/serving-bundle.ts';
import type { Process, Role } from '../process.ts';
import { readSecretFile } from './secret-file.ts';
import { whenReadable } from './when-readable.ts';

type ConsoleConfig = NonNullable<Config['console']>;
type TlsFiles = NonNullable<ConsoleConfig['tls']>;

/** What `npm run build-console` makes. */
const PAGE = fileURLToPath(new URL('../../../dist/console', import.meta.url));

const FILES = 'the files of console.oidc or console.tls';

/** A cookie with 512 groups is the largest header that a browser of ours sends. */
const HEADER_BYTES = 32 * 1024;

/** Besides those that follow changes: pages that load. */
const CONNECTIONS = 512;

/** A certificate that was renewed is taken up by then (cert-manager renews weeks before). */
const CERTIFICATE_MS = 60_000;

/** While there is none. */
const NO_PAGE: PageFiles = new Map();

/**
 * Serves the web console where one is configured; every replica does. What it lacks (files, the page, its port) it waits
 * for, and says so.
 *
 * @param folder with the page
 */
export function consoleRole(process: Process, folder: string = PAGE): Role {
  const { config, log } = process;
  const options = config.console;
  // A role that returns ends the process.
  if (options === undefined) return { name: 'console', ready: () => true, run: untilAborted };
  const waits = new Map<'files' | 'page' | 'port', string>();
  let page: PageFiles | undefined;
  let listener: Listener | undefined;
  // Whoever waits must not take the gate of the same process out of its Service.
  const withGate = config.roles.includes('webhook');
  const readable = async <Value>(
    part: 'files' | 'page',
    what: string,
    read: () => Promise<Value>,
    signal: AbortSignal,
  ): Promise<Value | undefined> => {
    const noting = () =>
      read().catch((error: unknown) => {
        waits.set(part, `${what} cannot be read, as the log says`);
        throw error;
      });
    return await whenReadable(what, noting, process, signal);
  };
  return {
    name: 'console',
    // Not by how fresh it is: a page that says since when it is out of date is better than none.
    ready: () => (waits.size > 0 ? withGate : page !== undefined && listener?.ready() === true),
    waitsFor: () => (waits.size === 0 ? undefined : [...waits.values()].join('; ')),
    run: async (signal) => {
      const reading = readable('page', 'the page of the console', () => readWholePage(folder), signal).then((read) => {
        page = read;
        waits.delete('page');
      });
      const files = await readable('files', FILES, () => readFiles(options, process), signal);
      if (files === undefined) return await reading;
      const server = createConsole(
        consoleOptions(options, config.systemNamespace, () => page ?? NO_PAGE),
        {
          oidc: files.oidc,
          requests: process.view.requests,
          votes: process.view.votes,
          votesOf: process.votesOf,
          seals: process.seals,
          people: process.people,
          surroundingsOf: process.surroundingsOf,
          acts: process.acts,
          accessReview: createAccessReview(process.client),
          ...(config.audit?.readApi === undefined
            ? {}
            : {
                evidence: createRecordsReader(process.client),
                backtests: createBacktestsClient(process.client),
              }),
          policies: process.view.policies,
          synced: () => process.view.synced(),
          freshAt: () => process.view.freshAt(),
          key: process.sessionKey,
          randomBytes,
          clock: process.clock,
          log,
          metrics: process.metrics,
        },
      );
      listener = listen(options, files.certificate, server.handler, process, signal);
      const at = await untilListening(
        listener,
        {
          ...options.listen,
          what: 'the console',
          random: Math.random,
          onFailure: (why) => {
            waits.delete('files');
            waits.set('port', why);
          },
        },
        process,
        signal,
      );
      for (const part of ['files', 'port'] as const) waits.delete(part);
      if (at !== undefined) log.info({ ...at, url: options.url }, 'console listens');
      await untilAborted(signal);
      // Streams never end by themselves.
      server[Symbol.dispose]();
      await Promise.all([listener[Symbol.asyncDispose](), reading]);
    },
  };
}

function consoleOptions(
  { url, sessionMinutes, sessions, streams, bodyBytes, requestSeconds }: ConsoleConfig,
  systemNamespace: string,
  page: () => PageFiles,
): ConsoleOptions {
  return {
    url,
    sessionMs: sessionMinutes * 60_000,
    endedSessions: sessions,
    streams,
    bodyBytes,
    systemNamespace,
    requestMs: requestSeconds * 1000,
    page,
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
  // OpenSSL is not asked about an empty file: one that is being written would be served, and nobody could connect.
  if (!isPair(certificate)) throw new Error(`${certificateFile} and ${keyFile} are not a certificate and its key`);
  return certificate;
}
