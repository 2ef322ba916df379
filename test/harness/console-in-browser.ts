import type { Browser } from 'playwright-core';
import { sampleRequests } from '../builders/console-requests.ts';
import { startBrowser } from './browser.ts';
import { type ConsoleHarness, startConsoleServer } from './console-server.ts';
import { builtConsole } from './console-visit.ts';

/** A browser, and a console over the sample requests to visit with it. */
export interface ConsoleInBrowser extends AsyncDisposable {
  readonly browser: Browser;
  readonly server: ConsoleHarness;
}

export async function consoleInBrowser(): Promise<ConsoleInBrowser> {
  const [browser, page] = await Promise.all([startBrowser(), builtConsole()]);
  const server = await startConsoleServer({ requests: sampleRequests(Date.now()), page });
  return {
    browser,
    server,
    async [Symbol.asyncDispose]() {
      await browser.close();
      await server[Symbol.asyncDispose]();
    },
  };
}
