import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { verifiedClientName } from '../platform/http/https-listener.ts';

/** How the API server is told from everybody else that reaches the port (R50). */
export type Callers =
  /** By the common name of a client certificate that verifies under the listener's `clientCaPem`. */
  | { readonly kind: 'ClientCertificate'; readonly names: ReadonlySet<string> }
  /** By what the path begins with. `secrets` is what is accepted now. */
  | { readonly kind: 'PathSecret'; readonly secrets: () => readonly string[] };

/** The path behind the proof, without the query; undefined for a caller that has none. Reads nothing of the body. */
export function authenticatedPath(request: IncomingMessage, callers: Callers): string | undefined {
  const path = (request.url ?? '').replace(/\?.*$/s, '');
  switch (callers.kind) {
    case 'ClientCertificate': {
      const name = verifiedClientName(request);
      return name !== undefined && callers.names.has(name) ? path : undefined;
    }
    case 'PathSecret': {
      const [, shown, rest] = /^\/([^/]+)(\/.*)$/s.exec(path) ?? [];
      return shown !== undefined && isAccepted(shown, callers.secrets()) ? rest : undefined;
    }
  }
}

/** Takes the same time for every secret of the right length that is wrong; the length is no secret. */
function isAccepted(shown: string, secrets: readonly string[]): boolean {
  const bytes = Buffer.from(shown);
  let accepted = false;
  for (const secret of secrets) accepted = isEqual(bytes, Buffer.from(secret)) || accepted;
  return accepted;
}

function isEqual(shown: Buffer, secret: Buffer): boolean {
  return shown.length === secret.length && timingSafeEqual(shown, secret);
}
