import type { Handler } from './listener.ts';
import { sendFailure, sendText } from './send-json.ts';

export interface HealthOptions {
  /** False only when nothing but a restart helps. A cluster that is away is not such a case. */
  readonly live: () => boolean;
  /** Every part that must be ready before this process gets requests. */
  readonly ready: () => readonly HealthPart[];
  readonly metrics: () => Promise<{ readonly contentType: string; readonly text: string }>;
}

export interface HealthPart {
  readonly name: string;
  readonly ready: boolean;
  /** What keeps it from working, in one line; a part may be ready all the same. Whoever reaches the port reads it. */
  readonly why?: string | undefined;
}

/** `/livez`, `/readyz` (in the words of the API server's own) and `/metrics`. */
export function createHealthHandler(options: HealthOptions): Handler {
  return async (request, response) => {
    request.resume();
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('Allow', 'GET, HEAD');
      sendFailure(response, { code: 405, reason: 'MethodNotAllowed', message: 'only GET and HEAD' });
      return;
    }
    const path = (request.url ?? '').replace(/\?.*$/s, '');
    switch (path) {
      case '/livez': {
        const live = options.live();
        sendText(response, live ? 200 : 500, 'text/plain; charset=utf-8', live ? 'ok\n' : 'livez check failed\n');
        return;
      }
      case '/readyz': {
        const parts = options.ready();
        const ready = parts.every((part) => part.ready);
        const lines = parts.map(partLine);
        const text = [...lines, ready ? 'readyz check passed' : 'readyz check failed', ''].join('\n');
        sendText(response, ready ? 200 : 503, 'text/plain; charset=utf-8', text);
        return;
      }
      case '/metrics': {
        const { contentType, text } = await options.metrics();
        sendText(response, 200, contentType, text);
        return;
      }
      default:
        sendFailure(response, { code: 404, reason: 'NotFound', message: 'not found' });
    }
  };
}

function partLine({ name, ready, why }: HealthPart): string {
  if (ready) return why === undefined ? `[+]${name} ok` : `[+]${name} ok, although it waits: ${why}`;
  return why === undefined ? `[-]${name} failed` : `[-]${name} failed: ${why}`;
}
