import { createReadApi, type ReadApiPorts } from '../../src/audit/read-api/create-read-api.ts';
import { frontProxyOf } from '../../src/audit/read-api/front-proxy.ts';
import { createReadApiEvents } from '../../src/audit/read-api/read-api-events.ts';
import { systemClock } from '../../src/platform/clock/system-clock.ts';
import { createHttpsListener } from '../../src/platform/http/https-listener.ts';
import { DEFAULT_LISTENER_LIMITS } from '../../src/platform/http/listener.ts';
import { silentLogger } from '../../src/platform/telemetry/logger.ts';
import { createMetrics } from '../../src/platform/telemetry/metrics.ts';
import type { Tls } from './scripted-api-server.ts';

/** The read API of evidence, behind a front proxy of the name `front-proxy`. */
export async function startReadApi(
  { ca, cert, key }: Tls,
  ports: Omit<ReadApiPorts, 'frontProxy' | 'clock' | 'events'>,
): Promise<{ readonly port: number } & AsyncDisposable> {
  const frontProxy = frontProxyOf({
    'requestheader-client-ca-file': ca,
    'requestheader-allowed-names': '["front-proxy"]',
    'requestheader-username-headers': '["X-Remote-User"]',
    'requestheader-group-headers': '["X-Remote-Group"]',
    'requestheader-extra-headers-prefix': '["X-Remote-Extra-"]',
  });
  if (frontProxy === undefined) throw new Error('no front proxy');
  const events = createReadApiEvents(silentLogger, createMetrics({ processMetrics: false }));
  const listener = createHttpsListener({
    host: '127.0.0.1',
    port: 0,
    certificate: { certificatePem: cert, privateKeyPem: key },
    clientCaPem: frontProxy.clientCaPem,
    limits: { ...DEFAULT_LISTENER_LIMITS, lingerMs: 0, drainMs: 500 },
    handler: createReadApi({ ...ports, frontProxy, clock: systemClock, events }),
    clock: systemClock,
    log: silentLogger,
  });
  const { port } = await listener.start();
  return { port, [Symbol.asyncDispose]: () => listener[Symbol.asyncDispose]() };
}
