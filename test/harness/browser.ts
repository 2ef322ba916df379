import { type Browser, chromium, type ConsoleMessage, type Page } from 'playwright-core';
import { BROWSER_NEEDS, ensurePackages, findProgram } from '../../tools/cluster/packages.ts';
import { run } from '../../tools/cluster/run.ts';

/** What a visit looks like to the page. */
export interface VisitOptions {
  readonly width?: number;
  readonly height?: number;
  readonly colorScheme?: 'light' | 'dark';
  readonly reducedMotion?: 'reduce';
  /** For a tool that must be put into the page; the page itself runs under its own policy. */
  readonly bypassCsp?: true;
  /** For a server with a certificate of the test's own. */
  readonly ignoreCertificates?: true;
  /** Errors on the browser's console that belong to what is tested, such as of a server that goes away. */
  readonly expected?: readonly RegExp[];
}

/** The page has written errors on its console, has thrown, or has broken its Content-Security-Policy. */
export class PageProblemsError extends Error {
  readonly code = 'PAGE_PROBLEMS';
  override readonly name = 'PageProblemsError';
}

/** Refusals that the page asks for and shows; a browser calls them errors. */
const REFUSED = /^Failed to load resource: the server responded with a status of (401|403|404|409) /;

/** No page of ours takes longer to show something. */
const TIMEOUT_MS = 15_000;

/** Debian's Chromium, installed where it is missing; close it with `[Symbol.asyncDispose]`. */
export async function startBrowser(): Promise<Browser> {
  const isRoot = process.getuid?.() === 0;
  const log = (line: string): void => console.error(line);
  await ensurePackages(
    { log, env: process.env, run, isRoot, find: findProgram },
    BROWSER_NEEDS,
    'the browser tests need',
  );
  const executablePath = (await findProgram('chromium', process.env)) ?? 'chromium';
  return await chromium.launch({
    executablePath,
    // Chromium's own sandbox does not start for root; what it opens here is our own page.
    args: isRoot ? ['--no-sandbox'] : [],
    headless: true,
  });
}

/**
 * A window of its own, with cookies of its own, for as long as `look` takes.
 *
 * @throws {PageProblemsError} also where `look` found everything in order
 */
export async function visit<T>(browser: Browser, options: VisitOptions, look: (page: Page) => Promise<T>): Promise<T> {
  const { width = 1280, height = 900, colorScheme = 'light', expected = [] } = options;
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme,
    ...(options.reducedMotion === undefined ? {} : { reducedMotion: options.reducedMotion }),
    bypassCSP: options.bypassCsp === true,
    ignoreHTTPSErrors: options.ignoreCertificates === true,
    locale: 'en-GB',
    timezoneId: 'UTC',
  });
  const problems: string[] = [];
  try {
    context.setDefaultTimeout(TIMEOUT_MS);
    const page = await context.newPage();
    page.on('pageerror', (error) => problems.push(String(error)));
    page.on('console', (message) => problems.push(...problemOf(message, expected)));
    const result = await look(page);
    if (problems.length > 0) throw new PageProblemsError(problems.join('\n'));
    return result;
  } finally {
    await context.close();
  }
}

function problemOf(message: ConsoleMessage, expected: readonly RegExp[]): string[] {
  const text = message.text();
  const isProblem = message.type() === 'error' || /content security policy|trusted type/i.test(text);
  return !isProblem || REFUSED.test(text) || expected.some((each) => each.test(text)) ? [] : [text];
}
