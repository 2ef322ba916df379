import { createServer } from 'node:http';
import { type Listener, type ListenerOptions, serverOptions, superviseServer } from './listener.ts';

/**
 * Plain HTTP: for probes and metrics inside the pod's network, and behind an ingress that ends TLS. Nothing that decides or
 * tells secrets belongs here otherwise.
 */
export function createPlainListener(options: ListenerOptions): Listener {
  return superviseServer(createServer(serverOptions(options.limits)), options);
}
