import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:https';
import { type TlsOptions, TLSSocket } from 'node:tls';
import type { ConnectionGuard } from './connection-guard.ts';
import { type Listener, type ListenerOptions, serverOptions, superviseServer } from './listener.ts';

/** A TLS handshake that takes longer is closed: half-open ones are free for the sender. */
const HANDSHAKE_MS = 10_000;

export interface ServingCertificate {
  readonly certificatePem: string;
  readonly privateKeyPem: string;
}

export interface HttpsListenerOptions extends ListenerOptions {
  readonly certificate: ServingCertificate;
  /**
   * Authorities of client certificates, PEM. With it every client is asked for a certificate; `verifiedClientName` says
   * what came of it, and the handler answers 404 to whom it does not know.
   */
  readonly clientCaPem?: string;
  /** Without one, whoever holds `maxConnections` open keeps others out. */
  readonly guard?: ConnectionGuard;
}

export interface HttpsListener extends Listener {
  /**
   * New connections get this certificate; open ones stay as they are.
   *
   * @throws Error from OpenSSL when key and certificate do not belong together; the present one stays in use.
   */
  setCertificate(certificate: ServingCertificate): void;
}

/**
 * A bare `node:https` server over HTTP/1.1, which is all that the API server speaks to webhooks
 * (apiserver/pkg/util/webhook sets NextProtos to http/1.1).
 */
export function createHttpsListener(options: HttpsListenerOptions): HttpsListener {
  const client = options.clientCaPem === undefined ? {} : { ca: options.clientCaPem };
  const tls = (certificate: ServingCertificate): TlsOptions => ({
    ...client,
    cert: certificate.certificatePem,
    key: certificate.privateKeyPem,
    minVersion: 'TLSv1.2',
  });
  const server = createServer({
    ...serverOptions(options.limits),
    ...tls(options.certificate),
    handshakeTimeout: HANDSHAKE_MS,
    requestCert: options.clientCaPem !== undefined,
    // A client without a valid certificate gets the same 404 as one with a wrong path; the handler decides.
    rejectUnauthorized: false,
  });
  options.guard?.watch(server);
  server.on('tlsClientError', (error: NodeJS.ErrnoException) => {
    options.log.debug({ code: error.code }, 'a TLS handshake failed');
  });
  return {
    ...superviseServer(server, options),
    setCertificate: (certificate) => server.setSecureContext(tls(certificate)),
  };
}

/** The common name of a client certificate that verifies under `clientCaPem`; undefined for any other client. */
export function verifiedClientName(request: IncomingMessage): string | undefined {
  const { socket } = request;
  if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined;
  const known: NamedSocket = socket;
  // To take the certificate apart takes longer than to answer; and it was judged (`authorized`) once, when it was shown.
  const name: unknown = (known[PEER_NAME] ??= { name: socket.getPeerCertificate().subject?.CN }).name;
  return typeof name === 'string' ? name : undefined;
}

const PEER_NAME = Symbol('peer name');

interface NamedSocket extends TLSSocket {
  [PEER_NAME]?: { readonly name: unknown };
}
