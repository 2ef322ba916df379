/** What a terminal or a supervisor sends to end a command. */
const INTERRUPTS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
export type Interrupt = (typeof INTERRUPTS)[number];

export interface Signals {
  /** While somebody listens, a signal no longer ends the process. Returns how to stop. */
  listen(listener: (signal: Interrupt) => void): () => void;
}

export function processSignals(process: Pick<NodeJS.Process, 'on' | 'off'>): Signals {
  return {
    listen(listener) {
      const handlers = INTERRUPTS.map((signal) => [signal, () => listener(signal)] as const);
      for (const [signal, handler] of handlers) process.on(signal, handler);
      return () => {
        for (const [signal, handler] of handlers) process.off(signal, handler);
      };
    },
  };
}
