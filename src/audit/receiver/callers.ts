import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { verifiedClientName } from '../../platform/http/https-listener.ts';
import type { Secret } from '../../platform/telemetry/redact.ts';

/** How API servers are told from everybody else that reaches the port. What is given must be shown: both, where both are. */
export interface Callers {
  /** Common names of client certificates that verify under the listener's `clientCaPem`. */
  readonly names?: ReadonlySet<string>;
  /** The tokens that are accepted now: two while one is being replaced. */
  readonly tokens?: () => readonly Secret<string>[];
}

export type Caller =
  | {
      readonly known: true;
      /** Which API server, as far as the connection shows: they may share one certificate. */
      readonly source: string;
    }
  /** 404 for whoever shows nothing; 401 tells an API server that its token is wrong. */
  | { readonly known: false; readonly code: 401 | 404 };

const BEARER = /^Bearer +([^\s]{1,16384})$/i;

/** Reads nothing of the body. */
export function authenticate(request: IncomingMessage, { names, tokens }: Callers): Caller {
  const name = verifiedClientName(request);
  if (names !== undefined && (name === undefined || !names.has(name))) return { known: false, code: 404 };
  if (tokens !== undefined) {
    const { authorization } = request.headers;
    if (authorization === undefined) return { known: false, code: 404 };
    const shown = BEARER.exec(authorization)?.[1];
    if (shown === undefined || !isAccepted(shown, tokens())) return { known: false, code: 401 };
  }
  if (names === undefined && tokens === undefined) return { known: false, code: 404 };
  const address = request.socket.remoteAddress ?? 'unknown';
  return { known: true, source: name === undefined ? address : `${name}@${address}` };
}

/** Takes the same time for every token that is wrong: what is compared are hashes, all of one length, and all of them. */
function isAccepted(shown: string, tokens: readonly Secret<string>[]): boolean {
  const hash = sha256(shown);
  let accepted = false;
  for (const token of tokens) accepted = timingSafeEqual(hash, sha256(token.reveal())) || accepted;
  return accepted;
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
