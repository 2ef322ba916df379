import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inflateSync } from 'node:zlib';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RequestStatus } from '../../src/core/api/kinds.ts';
import { buildNotice } from '../../src/core/notice/build-notice.ts';
import { detailsView, reasonView } from '../../src/notify/slack/blocks-modal.ts';
import { slackMessage } from '../../src/notify/slack/blocks.ts';
import { countedVote } from '../builders/counted-vote.ts';
import { execRequest } from '../builders/exec-request.ts';
import { startBrowser, visit } from '../harness/browser.ts';
import type { Blocks, ModalView } from '../harness/slack/block-kit.ts';
import { renderChannel, renderModal } from '../harness/slack/render.ts';

/** `UPDATE_DOCS=1 npx vitest run --project integration test/integration/slack-pictures.test.ts` writes them. */
const UPDATE = process.env.UPDATE_DOCS === '1';
const LINK = 'https://sallyport.example.com/requests/prod/exec-web-0-7f3c1a9e';

let browser: Browser;
let folder: string;
beforeAll(async () => {
  browser = await startBrowser();
  folder = UPDATE ? 'docs/images' : await mkdtemp(join(tmpdir(), 'sallyport-pictures-'));
  await mkdir(folder, { recursive: true });
});
afterAll(async () => {
  await browser[Symbol.asyncDispose]();
  if (!UPDATE) await rm(folder, { recursive: true });
});

function asked(status: RequestStatus = {}) {
  return execRequest({
    name: 'exec-web-0-7f3c1a9e',
    action: { exec: { container: 'app', command: ['sh', '-c', 'rm -rf /var/cache/app/* && kill -HUP 1'] } },
    spec: { reason: 'INC-4711: the cache of web-0 is poisoned', ticket: 'INC-4711' },
    status,
  });
}

const USED: RequestStatus = {
  state: 'Consumed',
  stages: [{ policy: 'prod-shells', name: 'oncall', approved: 1, required: 1 }],
  votes: [countedVote('Approve', '2026-01-01T10:04:10Z')],
  uses: [{ id: 'u', decision: 'd', at: '2026-01-01T10:04:12Z', username: 'alice' }],
  endedAt: '2026-01-01T10:04:12Z',
};

function blocksOf(status?: RequestStatus): Blocks {
  const request = asked(status);
  return slackMessage(request, buildNotice(request, { link: LINK }), 'Approvers').blocks as Blocks;
}

const PICTURES: readonly (readonly [string, () => string, readonly string[]])[] = [
  [
    'slack-waiting',
    () => renderChannel('prod-access', [{ time: '10:00', blocks: blocksOf() }]),
    ['alice wants to exec in prod/web-0', 'rm -rf /var/cache/app/*', 'Approve', 'Deny…', 'Details'],
  ],
  [
    'slack-used',
    () => renderChannel('prod-access', [{ time: '10:00', blocks: blocksOf(USED) }]),
    ['Used by alice, 2026-01-01 10:04:12 UTC', 'approved by bob via Slack'],
  ],
  [
    'slack-deny',
    () => renderModal(reasonView('Deny', buildNotice(asked()).title, '{}') as ModalView),
    ['alice wants to exec in prod/web-0', 'Reason'],
  ],
  ['slack-details', () => renderModal(detailsView(buildNotice(asked())) as ModalView), ['INC-4711', 'kill -HUP 1']],
];

test.each(PICTURES)('%s is drawn, and shows what it should', async (name, html, texts) => {
  await visit(browser, { width: 800 }, async (page) => {
    await page.setContent(html());
    const seen = await page.locator('body').innerText();
    for (const text of texts) expect(seen).toContain(text);
    const image = await page.locator('main').screenshot();
    expect(colours(image)).toBeGreaterThan(20);
    await writeFile(join(folder, `${name}.png`), image);
  });
});

test('nothing that somebody wrote is markup in the picture', async () => {
  const script = '<script>document.title="run"</script><img src=x onerror="document.title=1"><b>bold</b>';
  const request = execRequest({ action: { exec: { command: [script] } }, spec: { reason: script } });
  const { blocks } = slackMessage(request, buildNotice(request), 'Approvers');
  await visit(browser, {}, async (page) => {
    await page.setContent(renderChannel('prod-access', [{ time: script, blocks: blocks as Blocks }]));
    expect(await page.title()).toBe('Slack');
    expect(await page.locator('body').innerText()).toContain('<img src=x');
  });
});

/** Different bytes of the unpacked pixels of a PNG: a blank page has two or three. */
function colours(png: Buffer): number {
  const data: Buffer[] = [];
  for (let at = 8; at < png.length; ) {
    const length = png.readUInt32BE(at);
    if (png.toString('latin1', at + 4, at + 8) === 'IDAT') data.push(png.subarray(at + 8, at + 8 + length));
    at += length + 12;
  }
  return new Set(inflateSync(Buffer.concat(data))).size;
}
