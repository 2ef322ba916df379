import { createServer } from 'node:http';
import { type Listener, type ListenerOptions, serverOptions, superviseServer } from './listener.ts';

/** Plain HTTP, for probes and metrics inside the pod's network. Nothing that decides or tells secrets belongs here. */
export function createPlainListener(options: ListenerOptions): Listener {
  return superviseServer(createServer(serverOptions(options.limits)), options);
}
