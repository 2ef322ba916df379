import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { repositoryRoot } from '../../tools/cluster/profiles.ts';
import { achieves } from '../harness/achieves.ts';
import { startBrowser, visit, type VisitOptions } from '../harness/browser.ts';
import { seriousFindings } from '../harness/browser-axe.ts';
import { row, sidewaysOverflow, signIn } from '../harness/console-visit.ts';
import { type ConsoleProcess, startConsoleProcess } from './harness/console-process.ts';
import { must } from './harness/kubectl.ts';
import { approve, deniedRequest, EXEC_RULE, exec, policySpec, scene, waitForState } from './harness/scene.ts';
import { server } from './harness/server.ts';

let browser: Browser;
let console_: ConsoleProcess;
let folder: string;

beforeAll(async () => {
  [browser, console_] = await Promise.all([startBrowser(), startConsoleProcess(true)]);
  folder = await mkdtemp(join(tmpdir(), 'sallyport-evidence-'));
}, 120_000);

afterAll(async () => {
  await console_[Symbol.asyncDispose]();
  await browser.close();
  await rm(folder, { recursive: true, force: true });
  await server.start().catch(() => undefined);
});

/** A window of somebody's, signed in; its certificate is the test's own. */
const as = (login: string, path: string, see: (page: Page) => Promise<void>, look: VisitOptions = {}): Promise<void> =>
  visit(browser, { ignoreCertificates: true, expected: [/ERR_NETWORK_CHANGED/, / 503 /], ...look }, async (page) => {
    await signIn(page, console_.url, login, path);
    await see(page);
  });

/** Where UPDATE_DOCS=1, for the pages of docs/. */
async function picture(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: join(folder, name), caret: 'hide' });
  if (process.env['UPDATE_DOCS'] !== '1') return;
  const images = join(repositoryRoot(), 'docs/images');
  await mkdir(images, { recursive: true });
  await copyFile(join(folder, name), join(images, name));
}

/** At once: these tests are not about waiting. */
const shells = (name: string) => scene(name, [EXEC_RULE], (spec) => ({ ...spec, wait: { connect: '0s' } }));

/** Observed, written, indexed and asked for again, on a machine that runs clusters besides. */
const FOUND_MS = 60_000;

const IN_ORDER = [
  ['asked', 'vote Approve'],
  ['request Pending', 'vote Approve'],
  ['vote Approve', 'allowed'],
  ['request Pending', 'request Approved'],
  ['request Approved', 'allowed'],
  ['allowed', 'API server 101 complete'],
] as const;

test('[README-console-evidence] one request is followed on its page, from the ask to the event of the API server', async () => {
  const { namespace } = await shells('story');
  const asked = deniedRequest(await exec('alice', namespace, 'echo', 'hello'));
  const reference = `${asked.namespace}/${asked.name}`;
  await as('bob', `/requests/${reference}`, async (page) => {
    await page.getByRole('link', { name: 'The evidence of this request' }).click();
    await row(page, 'request Pending').waitFor({ timeout: FOUND_MS });
    await page.getByText('New records appear within seconds.').waitFor();
    // The rest happens before the eyes of who looks.
    await approve('bob', asked);
    expect((await exec('alice', namespace, 'echo', 'hello')).stdout).toBe('hello\n');
    await waitForState(asked.namespace, asked.name, 'Consumed');
    await achieves(
      'the whole story to be there',
      async () => {
        const all = await page.locator('li.record .row-what strong').allInnerTexts();
        expect(all).toEqual(expect.arrayContaining(['API server 101 began', 'approval used', 'request Consumed']));
        for (const [one, other] of IN_ORDER) expect(all.indexOf(one)).toBeLessThan(all.indexOf(other));
      },
      FOUND_MS,
    );
    const decision = row(page, 'API server 101 began').getByRole('link').first();
    await decision.click();
    await row(page, 'approval used').waitFor();
    const joined = await page.locator('li.record .row-what strong').allInnerTexts();
    expect(joined).toEqual(expect.arrayContaining(['allowed', 'API server 101 began', 'approval used']));
    await page.goto(`${console_.url}/evidence?namespace=${namespace}&person=alice&outcome=Allowed`);
    await row(page, 'CONNECT pods/exec').waitFor();
    expect(await page.locator('li.record').count()).toBe(1);
  });
  await as('alice', `/evidence?namespace=${namespace}`, async (page) => {
    await page.getByRole('alert').filter({ hasText: 'you may not read records here' }).waitFor();
    expect(await page.locator('li.record').count()).toBe(0);
  });
});

test('[README-console-backtest] bob tries a policy on what has happened: a stored one, and one that he writes', async () => {
  const { namespace } = await shells('try');
  const asked = deniedRequest(await exec('alice', namespace, 'id'));
  await approve('bob', asked);
  expect((await exec('alice', namespace, 'id')).code).toBe(0);
  await as('bob', '/backtest', async (page) => {
    await page.getByLabel('Namespace').fill(namespace);
    await page.getByRole('combobox', { name: /^Policy/ }).selectOption(namespace);
    const total = page.locator('.total');
    await achieves(
      'both attempts to be in the ledger',
      async () => {
        await page.getByRole('button', { name: 'Try it' }).click();
        await total.waitFor();
        expect(await total.innerText()).toBe('It would have held 2 and refused 0.');
      },
      FOUND_MS,
    );
    await page.getByText('About 1 request, 1 a day.').waitFor();
    const people = page.getByRole('region', { name: 'By person' });
    expect(await people.getByRole('row').nth(1).innerText()).toMatch(/^alice\s+2\s+0\s+0$/);
    expect(await page.getByRole('region', { name: 'Whom it would have asked' }).innerText()).toContain('group sre');
    expect(await page.getByRole('region', { name: 'By action' }).innerText()).toContain(
      `exec id on pods in ${namespace}`,
    );
    expect(await page.locator('.plot rect.held').count()).toBe(1);

    // Another one: of whom nobody approves for, and with a field that there is not.
    await page.getByRole('combobox', { name: /^Policy/ }).selectOption('one that I write …');
    const yaml = page.getByLabel('ApprovalPolicy, as YAML');
    const policy = (spec: object) => ({
      apiVersion: 'sallyport.dev/v1alpha1',
      kind: 'ApprovalPolicy',
      metadata: { name: 'mine' },
      spec,
    });
    const spec = policySpec(namespace, [EXEC_RULE], (each) => ({
      ...each,
      match: { ...each.match, excludeSubjects: [{ kind: 'User', name: 'alice' }] },
    }));
    await yaml.fill(stringify(policy({ ...spec, masking: [] })));
    await page.getByRole('button', { name: 'Try it' }).click();
    await page.getByText('what you wrote: ApprovalPolicy mine is refused: spec.masking:').waitFor();
    await yaml.fill(stringify(policy(spec)));
    await page.getByRole('button', { name: 'Try it' }).click();
    await page.getByText('It would have held 0 and refused 0.').waitFor();
  });
  await as('alice', `/backtest`, async (page) => {
    await page.getByLabel('Namespace').fill(namespace);
    await page.getByRole('alert').filter({ hasText: 'you may not try policies on the records here' }).waitFor();
    expect(await page.getByRole('button', { name: 'Try it' }).isDisabled()).toBe(true);
  });
});

/** A policy counts for the detectors when every API server goes by it for sure. */
const SETTLED_MS = 35_000;

const LOOKS: Readonly<Record<string, VisitOptions>> = {
  alarms: { width: 1120, height: 700, bypassCsp: true },
  'alarms-dark': { width: 1120, height: 700, colorScheme: 'dark', bypassCsp: true },
  'alarms-phone': { width: 360, height: 780, bypassCsp: true },
};

test('[README-console-evidence] what got round the gate, and who took the gate away, is alarmed on the page within 60 s', async () => {
  const { namespace, policy } = await shells('alarm');
  await delay(SETTLED_MS);
  await as('bob', '/evidence?kind=Alarm&since=30d', async (page) => {
    await page.getByRole('heading', { name: 'Alarms' }).waitFor();
    const pid = await server.pid();
    // The controller puts both back: it does not come to that for a while.
    process.kill(pid, 'SIGSTOP');
    try {
      await must('admin', ['delete', 'validatingadmissionpolicybinding', 'sallyport-fence']);
      await achieves('the gate to be gone', () =>
        must('admin', ['delete', 'validatingwebhookconfiguration', 'sallyport-gate', '--request-timeout=5s']),
      );
      // API servers go by that a moment later.
      await delay(2_000);
      expect(await exec('alice', namespace, 'echo', 'round')).toMatchObject({ stdout: 'round\n' });
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    const bypass = row(page, 'ALARM Bypass').filter({ hasText: namespace });
    await bypass.waitFor({ timeout: 60_000 });
    expect(await bypass.innerText()).toContain(`policy ${policy} asks for approval, and Sallyport was not asked`);
    expect(await bypass.innerText()).toContain('alice');
    for (const name of ['sallyport-fence', 'sallyport-gate']) {
      await row(page, 'ALARM GateRemoved').filter({ hasText: name }).first().waitFor({ timeout: 60_000 });
    }
    await page.getByLabel('Outcome').selectOption('Bypass');
    await page.getByLabel('Namespace').fill(namespace);
    await expect.poll(() => page.locator('li.record').count(), { timeout: 15_000 }).toBe(1);
  });
  for (const [name, look] of Object.entries(LOOKS)) {
    await as(
      'bob',
      '/evidence?kind=Alarm&since=30d',
      async (page) => {
        await row(page, 'ALARM Bypass').first().waitFor();
        expect(await seriousFindings(page)).toEqual([]);
        expect(await sidewaysOverflow(page)).toBeLessThanOrEqual(0);
        await picture(page, `console-${name}.png`);
      },
      look,
    );
  }
});
