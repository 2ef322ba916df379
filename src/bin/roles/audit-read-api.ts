import { createBacktestThreads } from '../../audit/backtest/backtest-threads.ts';
import { createReadApi } from '../../audit/read-api/create-read-api.ts';
import { type FrontProxy, frontProxyOf } from '../../audit/read-api/front-proxy.ts';
import { createLedgerSource, type RecordSource } from '../../audit/read-api/record-source.ts';
import { createSharedSource } from '../../audit/read-api/shared-source.ts';
import { createReadApiEvents, type ReadApiEvents } from '../../audit/read-api/read-api-events.ts';
import type { UsernamesOf } from '../../core/evidence/by-person.ts';
import { CERTIFICATE_SECRETS } from '../../controller/serving-certificate/certificate-secrets.ts';
import { NOBODY_MAPPED } from '../../core/people/people.ts';
import { untilAborted } from '../../platform/clock/until-aborted.ts';
import type { AuditReadApiConfig } from '../../platform/config/audit-read-api.ts';
import {
  createHttpsListener,
  type HttpsListener,
  type ServingCertificate,
} from '../../platform/http/https-listener.ts';
import { DEFAULT_LISTENER_LIMITS } from '../../platform/http/listener.ts';
import { untilListening } from '../../platform/http/until-listening.ts';
import { parsePeopleMap, PEOPLE_MAP } from '../../platform/identity/people-map.ts';
import { createAccessReview } from '../../platform/kube/access-review.ts';
import type { KubeObject } from '../../platform/kube/kube-object.ts';
import { resourcePath } from '../../platform/kube/resource-path.ts';
import { isPair } from '../../platform/tls/serving-bundle.ts';
import type { Backtests } from '../../ports/backtests.ts';
import { watch } from '../cluster-view.ts';
import type { AuditContext, AuditPart } from './audit-part.ts';
import { type SecretObject, secretValues } from './webhook-callers.ts';
import { whenReadable } from './when-readable.ts';

/** Which authority the front proxy's certificate has: changed once in years, while the API server is restarted. */
const FRONT_PROXY_PATH = resourcePath({
  group: '',
  version: 'v1',
  plural: 'configmaps',
  namespace: 'kube-system',
  name: 'extension-apiserver-authentication',
});
const FRONT_PROXY_MS = 60_000;

/** An API server keeps a few, and one more for each watch. */
const CONNECTIONS = 256;
/** Groups of the caller stand in headers. */
const HEADER_BYTES = 128 * 1024;
const LINGER_MS = 500;
const DRAIN_MS = 5_000;

/** Serves the aggregated API of evidence, where one is configured. */
export function readApiPart(context: AuditContext): AuditPart | undefined {
  const { process, options } = context;
  const { readApi } = options;
  if (readApi === undefined) return undefined;
  const { clock, log } = process;
  const events = createReadApiEvents(log, process.metrics);
  const certificates = servingCertificates(context);
  return {
    name: 'read-api',
    // Whoever cannot be asked about evidence must not take the gate of the same process out of its Service.
    ready: () => true,
    run: async (signal) => {
      const watching = certificates.run(signal);
      while (!signal.aborted) {
        const read = () => readFrontProxy(context, signal);
        const found = await whenReadable("the API server's front proxy", read, process, signal);
        const certificate = await certificates.first(signal);
        if (found === undefined || certificate === undefined) break;
        await serve(readApi, found, certificate, signal);
      }
      await watching;
    },
  };

  /** Until the signal, or until the front proxy is another. */
  async function serve(
    { listen }: AuditReadApiConfig,
    { proxy, version }: Found,
    certificate: ServingCertificate,
    signal: AbortSignal,
  ): Promise<void> {
    const over = new AbortController();
    const either = AbortSignal.any([signal, over.signal]);
    const listener = createListener(context, listen, proxy, certificate, events, either);
    const stop = certificates.onChange((next) => listener.setCertificate(next));
    try {
      const at = await untilListening(
        listener,
        { ...listen, what: 'the API of evidence', random: Math.random },
        process,
        signal,
      );
      if (at !== undefined) log.info(at, 'the API of evidence listens');
      while (!signal.aborted) {
        await clock.sleep(FRONT_PROXY_MS, signal).catch(() => undefined);
        const now = await readFrontProxy(context, signal).catch(() => undefined);
        if (now !== undefined && now.version !== version) break;
      }
    } finally {
      stop();
      over.abort();
      await listener[Symbol.asyncDispose]();
    }
  }
}

function createListener(
  context: AuditContext,
  listen: AuditReadApiConfig['listen'],
  frontProxy: FrontProxy,
  certificate: ServingCertificate,
  events: ReadApiEvents,
  closing: AbortSignal,
): HttpsListener {
  const { process, ledger, evidence } = context;
  const { clock, log, client } = process;
  return createHttpsListener({
    ...listen,
    certificate,
    clientCaPem: frontProxy.clientCaPem,
    limits: {
      ...DEFAULT_LISTENER_LIMITS,
      maxConnections: CONNECTIONS,
      maxHeaderBytes: HEADER_BYTES,
      lingerMs: LINGER_MS,
      drainMs: DRAIN_MS,
    },
    handler: createReadApi({
      frontProxy,
      accessReview: createAccessReview(client),
      reader: evidence.reader,
      source: sourceOf(context, events),
      usernamesOf: usernamesOf(process),
      indexed: () => evidence.indexed(),
      ledger,
      backtests: backtestsOf(context),
      clock,
      closing,
      events,
    }),
    clock,
    log,
  });
}

function usernamesOf({ people }: AuditContext['process']): UsernamesOf {
  return (person) => people.now()?.usernamesOf(person);
}

/** With one index for all replicas a watch shows what all of them write; with one of its own, what this one does. */
function sourceOf({ process, options, ledger, evidence }: AuditContext, events: ReadApiEvents): RecordSource {
  const { clock } = process;
  if (options.index?.postgresql === undefined) return createLedgerSource(ledger, () => evidence.indexed(), clock);
  return createSharedSource({
    shared: () => evidence.shared(),
    usernamesOf: usernamesOf(process),
    clock,
    events: {
      unreadable: (record) => evidence.unreadable(record),
      unanswered: (what, error) => events.unanswered(what, error),
    },
  });
}

/** Over the files of this process's ledger, with the namespaces and persons as they are now. */
function backtestsOf({ process, options }: AuditContext): Backtests {
  const { clock, log, view } = process;
  return createBacktestThreads({
    directory: options.ledger.directory,
    namespaces: () => view.namespaces.list(),
    people: () => {
      const text = view.people.list()[0]?.data?.[PEOPLE_MAP.key];
      const parsed = text === undefined ? undefined : parsePeopleMap(text);
      return parsed?.ok === true ? parsed.map : NOBODY_MAPPED;
    },
    // Replicas share an index in PostgreSQL, and nothing else does.
    ofOneLedger: options.index?.postgresql !== undefined,
    clock,
    failed: (error) => log.error({ err: error instanceof Error ? error.message : 'unknown' }, 'a back-test failed'),
  });
}

interface Found {
  readonly proxy: FrontProxy;
  /** Of what the ConfigMap says, so that a change is noticed. */
  readonly version: string;
}

/** @throws where it cannot be read, or says no way to know the front proxy */
async function readFrontProxy({ process }: AuditContext, signal: AbortSignal): Promise<Found> {
  const object = await process.client.get<KubeObject & { readonly data?: Readonly<Record<string, string>> }>(
    FRONT_PROXY_PATH,
    { signal },
  );
  const data = object.data ?? {};
  const proxy = frontProxyOf(data);
  if (proxy === undefined) throw new Error('kube-system/extension-apiserver-authentication names no front proxy');
  return { proxy, version: JSON.stringify(Object.entries(data).toSorted(([one], [other]) => (one < other ? -1 : 1))) };
}

interface ServingCertificates {
  run(signal: AbortSignal): Promise<void>;
  /** The present one, as soon as there is one; undefined when the signal came first. */
  first(signal: AbortSignal): Promise<ServingCertificate | undefined>;
  onChange(listener: (certificate: ServingCertificate) => void): () => void;
}

/** The certificate that the controller keeps, as its Secret has it. */
function servingCertificates({ process }: AuditContext): ServingCertificates {
  const location = { group: '', version: 'v1', plural: 'secrets', namespace: process.config.systemNamespace };
  const secret = watch<SecretObject>('read-api-certificate', location, process, {
    fieldSelector: `metadata.name=${CERTIFICATE_SECRETS.serving}`,
  });
  const some = Promise.withResolvers<void>();
  const listeners = new Set<(certificate: ServingCertificate) => void>();
  let latest: ServingCertificate | undefined;
  secret.onChange((_key, object) => {
    const values = secretValues(object);
    const pair = { certificatePem: values['tls.crt'] ?? '', privateKeyPem: values['tls.key'] ?? '' };
    // A damaged Secret changes nothing here.
    if (!isPair(pair)) return;
    latest = pair;
    some.resolve();
    for (const listener of listeners) listener(pair);
  });
  return {
    run: (signal) => secret.run(signal),
    first: async (signal) => {
      await Promise.race([some.promise, untilAborted(signal)]);
      return latest;
    },
    onChange: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
