import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PageProblemsError, startBrowser, visit } from '../harness/browser.ts';
import { seriousFindings } from '../harness/browser-axe.ts';

/** Pages with one fault each: what the harness must not let pass. */
const FAULTS: Readonly<Record<string, string>> = {
  'a script inside the page': '<script>document.title = "run"</script>',
  'a style inside the page': '<p style="color: red">text</p>',
  'a picture from elsewhere': '<img src="http://127.0.0.1:1/x.png" alt="">',
  'an error of its own script': '<script src="/throw.js"></script>',
  'markup made of a text': '<script src="/markup.js"></script>',
};

const SCRIPTS: Readonly<Record<string, string>> = {
  '/throw.js': 'throw new Error("broken")',
  '/markup.js': 'document.body.innerHTML = "<b>text</b>"',
};

let browser: Browser;
let server: Server;
let url: string;

beforeAll(async () => {
  browser = await startBrowser();
  server = createServer(({ url = '/' }, response) => {
    const script = SCRIPTS[url];
    response.setHeader(
      'Content-Security-Policy',
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; require-trusted-types-for 'script'",
    );
    response.setHeader('Content-Type', script === undefined ? 'text/html' : 'text/javascript');
    const body = FAULTS[decodeURIComponent(url.slice(1))] ?? '<main><h1>Calm</h1></main>';
    const icon = '<link rel="icon" href="/none.png">';
    response.end(script ?? `<!doctype html><html lang="en"><title>t</title>${icon}<body>${body}</body></html>`);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await browser.close();
});

describe('a visit', () => {
  test('to a page without fault passes', async () => {
    expect(await visit(browser, {}, async (page) => (await page.goto(url))?.status())).toBe(200);
  });

  test.each(Object.keys(FAULTS))('fails for %s', async (fault) => {
    const looked = visit(browser, {}, async (page) => {
      await page.goto(`${url}/${encodeURIComponent(fault)}`, { waitUntil: 'networkidle' });
    });
    await expect(looked).rejects.toThrow(PageProblemsError);
  });

  test('lets axe find what is wrong', async () => {
    const found = await visit(browser, { bypassCsp: true }, async (page) => {
      await page.goto(url);
      await page.evaluate(`document.querySelector('main').append(document.createElement('button'))`);
      return await seriousFindings(page);
    });
    expect(found).toEqual([expect.stringContaining('button-name')]);
  });
});
