import { createByteBudget } from '../../../src/platform/http/byte-budget.ts';
import { createHttpsListener } from '../../../src/platform/http/https-listener.ts';
import { DEFAULT_LISTENER_LIMITS } from '../../../src/platform/http/listener.ts';
import { readBody } from '../../../src/platform/http/read-body.ts';
import { sendFailure, sendJson } from '../../../src/platform/http/send-json.ts';
import { systemClock } from '../../../src/platform/clock/system-clock.ts';
import { silentLogger } from '../../../src/platform/telemetry/logger.ts';
import { serverJob } from './server-job.ts';

// The floor: the same listener with the same TLS, which reads a batch, parses it as one JSON text, and answers.

const MIB = 1024 * 1024;
const job = await serverJob();
const budget = createByteBudget(256 * MIB);
const listener = createHttpsListener({
  host: '127.0.0.1',
  port: 0,
  certificate: { certificatePem: job.certificate, privateKeyPem: job.key },
  clientCaPem: job.clientAuthority,
  limits: DEFAULT_LISTENER_LIMITS,
  clock: systemClock,
  log: silentLogger,
  handler: async (request, response) => {
    const limits = { maxBytes: 64 * MIB, maxMs: 15_000 };
    const body = await readBody(request, response, { limits, budget, clock: systemClock });
    if (body.kind !== 'read') {
      sendFailure(response, { code: 400, reason: 'BadRequest', message: 'not read' });
      return;
    }
    const { items } = JSON.parse(body.text) as { items: readonly unknown[] };
    sendJson(response, 200, { events: items.length });
  },
});
process.send?.(await listener.start());
