import type { PoolConfig } from 'pg';

/** Where PostgreSQL is, from its URL. */
export type Connection = Pick<PoolConfig, 'host' | 'port' | 'user' | 'password' | 'database' | 'ssl'>;

const DEFAULT_PORT = 5432;

/** The URL names no server, or asks for what would weaken the connection. */
export class ConnectionUrlError extends Error {
  override readonly name = 'ConnectionUrlError';
  readonly code = 'ConnectionUrl';
}

/**
 * `postgres://user:password@host:5432/database`, or with `?host=/run/postgresql` and no host for a socket. Other parameters
 * are refused: `sslmode=disable` in a Secret would undo what is promised here. Over a network it is always TLS, and the
 * certificate is checked.
 *
 * @param text never told in an error: it holds a password
 * @param password instead of the one in the URL
 * @param ca PEM of the authority of the server, where it is not a public one
 * @throws ConnectionUrlError
 */
export function connectionOf(text: string, password?: string, ca?: string): Connection {
  // WHATWG URLs know no user without a host.
  const hostless = /^postgres(?:ql)?:\/\/(?:[^/@]*@)?\//.test(text);
  const url = URL.parse(hostless ? text.replace(/^(\w+:\/\/[^/]*)\//, '$1none/') : text);
  if (url === null || !/^postgres(ql)?:$/.test(url.protocol)) {
    throw new ConnectionUrlError('must be a URL such as postgres://user:password@host:5432/database');
  }
  const { host: socket, ...others } = Object.fromEntries(url.searchParams);
  const [other] = Object.keys(others);
  if (other !== undefined) throw new ConnectionUrlError(`must not have the parameter ${other}`);
  if (socket !== undefined && !socket.startsWith('/'))
    throw new ConnectionUrlError('must name a folder of sockets as host');
  const host = socket ?? (hostless ? '' : url.hostname.replace(/^\[(.*)\]$/, '$1'));
  const database = decodeURIComponent(url.pathname.slice(1));
  if (host === '' || database === '') throw new ConnectionUrlError('must name a host and a database');
  const secret = password ?? decodeURIComponent(url.password);
  const plain = (socket !== undefined || isThisMachine(host)) && ca === undefined;
  return {
    host,
    port: url.port === '' ? DEFAULT_PORT : Number(url.port),
    user: decodeURIComponent(url.username),
    database,
    ...(secret === '' ? {} : { password: secret }),
    ssl: plain ? false : { rejectUnauthorized: true, ...(ca === undefined ? {} : { ca }) },
  };
}

function isThisMachine(host: string): boolean {
  return /^(127\.\d+\.\d+\.\d+|::1|localhost)$/.test(host);
}
