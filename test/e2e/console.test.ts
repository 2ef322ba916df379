import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { PolicySpec } from '../../src/core/api/kinds.ts';
import { startBrowser, visit } from '../harness/browser.ts';
import { row, signIn } from '../harness/console-visit.ts';
import { pendingRequest } from './harness/approved-after.ts';
import { type ConsoleProcess, startConsoleProcess } from './harness/console-process.ts';
import type { Result } from './harness/kubectl.ts';
import { deniedRequest, EXEC_RULE, exec, requests, scene, waitForState } from './harness/scene.ts';

let browser: Browser;
let console_: ConsoleProcess;

beforeAll(async () => {
  [browser, console_] = await Promise.all([startBrowser(), startConsoleProcess()]);
});

afterAll(async () => {
  await console_[Symbol.asyncDispose]();
  await browser.close();
});

const held = (spec: PolicySpec): PolicySpec => ({ ...spec, wait: { connect: '55s' } });

const wasNotHeld = ({ code, stdout, stderr }: Result): never => {
  throw new Error(`the exec was not held: ${code} ${stdout}${stderr}`);
};

/** A window of somebody's, signed in; its certificate is the test's own. */
const as = (login: string, path: string, see: (page: Page) => Promise<void>): Promise<void> =>
  visit(browser, { ignoreCertificates: true, expected: [/ERR_NETWORK_CHANGED/] }, async (page) => {
    await signIn(page, console_.url, login, path);
    await see(page);
  });

test('[README-console] a held exec appears before bob, he approves what he sees, it goes on, and the page shows that it was used', async () => {
  const { namespace } = await scene('console', [EXEC_RULE], held);
  // By its namespace: what other tests have left open fills pages.
  await as('bob', `/?namespace=${namespace}`, async (page) => {
    const running = exec('alice', namespace, 'echo', 'seen by bob');
    await Promise.race([row(page, namespace).getByRole('link').click(), running.then(wasNotHeld)]);
    await page.getByRole('button', { name: 'Approve …' }).click();
    const dialog = page.getByRole('dialog', { name: 'Approve exactly this?' });
    expect(await dialog.getByRole('region', { name: 'Command' }).innerText()).toContain('echo "seen by bob"');
    await dialog.getByRole('button', { name: 'Approve' }).click();
    await page.getByText('You approved it.').waitFor();
    expect(await running).toMatchObject({ code: 0, stdout: 'seen by bob\n' });
    await page.locator('.standing').getByText('Consumed').waitFor();
    await page.locator('.timeline').getByText('used by alice', { exact: true }).waitFor();
  });
  const [asked] = await requests(namespace);
  expect(asked?.status?.votes).toMatchObject([{ person: 'bob', decision: 'Approve', via: 'Console' }]);
});

test('alice sees her own request, and why she may not approve it', async () => {
  const { namespace } = await scene('console-own');
  const { name } = deniedRequest(await exec('alice', namespace, 'true'));
  await as('alice', `/requests/${namespace}/${name}`, async (page) => {
    const approve = page.locator('.refusals').getByRole('button', { name: 'Approve' });
    await approve.waitFor();
    expect(await approve.isDisabled()).toBe(true);
    await page.getByText('nobody approves their own request').waitFor();
    await page.getByRole('button', { name: 'Cancel request …' }).waitFor();
  });
});

test('carol denies another with her reason, which alice hears at once', async () => {
  const { namespace } = await scene('console-denied', [EXEC_RULE], held);
  const running = exec('alice', namespace, 'rm', '-rf', '/data');
  const name = await pendingRequest(namespace);
  await as('carol', `/requests/${namespace}/${name}`, async (page) => {
    await page.getByRole('button', { name: 'Deny …' }).click();
    await page.getByLabel('Reason (required)').fill('not on a Friday');
    await page.getByRole('dialog').getByRole('button', { name: 'Deny' }).click();
    await page.getByText('You denied it. The request is now Denied.').waitFor();
  });
  const { code, stderr } = await running;
  expect(code).not.toBe(0);
  expect(stderr).toContain('not on a Friday');
  await waitForState(namespace, name, 'Denied');
});
