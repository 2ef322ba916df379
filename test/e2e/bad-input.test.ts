import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { assert, asyncProperty } from 'fast-check';
import { WEBHOOK_PATHS, type WebhookPath } from '../../src/core/api/webhook-paths.ts';
import { admissionReview } from '../builders/admission-review.ts';
import {
  BAD_CONNECTS,
  BAD_ENVELOPES,
  BAD_JSON,
  type BadBody,
  CANARY,
  ODD_BODIES,
  type ReviewBody,
} from '../corpus/admission.ts';
import { type JsonValue, mutations } from '../corpus/mutations.ts';
import { verifies } from '../harness/verifies.ts';
import { createPathReader } from './harness/configured-paths.ts';
import { must } from './harness/kubectl.ts';
import { EXEC_RULE, scene } from './harness/scene.ts';
import { probe, server } from './harness/server.ts';
import { type WebhookAnswer, WebhookClient } from './harness/webhook-client.ts';

/** For a body of several megabytes, on a machine that runs a cluster beside it: parse, scan, answer. */
const LONGEST_STALL_MS = 2_000;
const MUTATIONS = 250;
/** Nobody's: requests that fuzzing opens count against nobody else. Group developers may exec, so that nothing ends at RBAC. */
const MALLORY = { username: 'mallory', uid: 'u-mallory', groups: ['developers', 'system:authenticated'] };

let webhook: WebhookClient;
let namespace: string;
let pid: number;
const configured = createPathReader();

beforeAll(async () => {
  const secrets = { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['secrets'] };
  ({ namespace } = await scene('bad', [EXEC_RULE, secrets as typeof EXEC_RULE & { operations: never }]));
  webhook = new WebhookClient(inject('e2e').webhookHost, inject('e2e').webhookPort);
  pid = await server.pid();
});

afterAll(async () => {
  webhook.close();
  await must('admin', ['delete', 'approvalpolicy', namespace]);
  await must('admin', ['delete', 'namespace', namespace, '--wait=false']);
});

const connectReview = (): ReviewBody => admissionReview({ namespace, userInfo: MALLORY });

const writeReview = (): ReviewBody =>
  admissionReview({
    kind: { group: '', version: 'v1', kind: 'Secret' },
    resource: { group: '', version: 'v1', resource: 'secrets' },
    subResource: '',
    namespace,
    name: 'key',
    operation: 'CREATE',
    userInfo: MALLORY,
    object: { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'key', namespace }, data: { a: 'Yg==' } },
  });

/** A 4xx, or a review that is answered with a denial that says something; and the process goes on. */
async function expectRefused(answer: WebhookAnswer): Promise<void> {
  const body = JSON.parse(answer.body) as {
    message?: string;
    response?: { allowed: boolean; status: { message: string } };
  };
  if (answer.code === 200) {
    expect(body.response?.allowed).toBe(false);
    expect(body.response?.status.message).toMatch(/^sallyport: |NOT executed/);
  } else {
    expect(answer.code).toBeGreaterThanOrEqual(400);
    expect(answer.code).toBeLessThan(500);
    expect(body.message).toBeTruthy();
  }
  expect(answer.body).not.toContain(CANARY);
  expect(answer.body.length).toBeLessThan(4_096);
}

async function expectUnharmed(): Promise<void> {
  expect(await server.pid()).toBe(pid);
  expect(await probe(inject('e2e').place, '/livez')).toBe(200);
  expect(await probe(inject('e2e').place, '/readyz')).toBe(200);
}

/** How long good reviews wait at the longest while `work` goes on. */
async function longestWait(work: () => Promise<void>): Promise<number> {
  let longest = 0;
  const done = new AbortController();
  const asking = (async () => {
    while (!done.signal.aborted) {
      const answer = await webhook.post(
        `${await configured(WEBHOOK_PATHS.connect)}?timeout=30s`,
        JSON.stringify(connectReview()),
      );
      expect(answer.body).toContain('code=ApprovalRequired');
      longest = Math.max(longest, answer.milliseconds);
      await delay(10);
    }
  })();
  try {
    await work();
  } finally {
    done.abort();
    await asking;
  }
  return longest;
}

test('a good review is answered: the corpus stands on it', async () => {
  for (const [path, review] of [
    [WEBHOOK_PATHS.connect, connectReview()],
    [WEBHOOK_PATHS.write, writeReview()],
  ] as const) {
    const answer = await webhook.post(`${await configured(path)}?timeout=30s`, JSON.stringify(review));
    expect(answer.code).toBe(200);
    expect(answer.body).toContain('code=ApprovalRequired');
  }
});

describe.each(Object.values(WEBHOOK_PATHS))('%s', (path) => {
  const rows = [...BAD_ENVELOPES, ...BAD_CONNECTS, ...BAD_JSON, ...ODD_BODIES];
  const light = rows.filter(({ heavy }) => heavy === undefined);
  const heavy = rows.filter((row) => row.heavy !== undefined);

  test.each(light)(`${verifies('R1')}refuses $sentence`, async ({ body }) => {
    await expect(post(path, body).then(expectRefused)).resolves.toBeUndefined();
  });

  test.each(heavy)(`${verifies('R1')}refuses $sentence, and others need not wait long`, async ({ body }) => {
    const longest = await longestWait(async () => expectRefused(await post(path, body)));
    expect(longest).toBeLessThan(LONGEST_STALL_MS);
  });

  test('and is none the worse for it', expectUnharmed);
});

/**
 * Whether the mutated text still asks for what the policy gates. Judged by what it says and not by our parser: anything that
 * names another action may rightly be let through.
 */
function asksForGated(text: string, original: ReviewBody): boolean {
  let review: { request?: Record<string, unknown> };
  try {
    review = JSON.parse(text) as typeof review;
  } catch {
    return true;
  }
  const { request } = review;
  if (typeof request !== 'object' || request === null) return true;
  const user = (request['userInfo'] as { username?: unknown } | undefined)?.username;
  if (original.request['operation'] !== 'CONNECT') {
    if (request['dryRun'] === true) return false;
    if (typeof user === 'string' && user.startsWith('system:')) return false;
  }
  const identity = (each: Readonly<Record<string, unknown>>) => {
    const resource = each['resource'] as Record<string, unknown> | undefined;
    return JSON.stringify([
      each['operation'],
      resource?.['group'] ?? '',
      resource?.['version'],
      resource?.['resource'],
      each['subResource'] ?? '',
      each['namespace'],
    ]);
  };
  return identity(request) === identity(original.request);
}

describe('of any mutation of a good review that still asks for what is gated, none is allowed', () => {
  test.each([
    ['an exec', WEBHOOK_PATHS.connect, connectReview],
    ['a write', WEBHOOK_PATHS.write, writeReview],
  ] as const)(`${verifies('R1')}%s`, async (_, path, make) => {
    const original = make();
    await assert(
      asyncProperty(mutations(original as unknown as JsonValue), async (text) => {
        const answer = await webhook.post(`${await configured(path)}?timeout=30s`, text);
        expect(answer.code).toBeLessThan(500);
        if (answer.code !== 200) return;
        const { response } = JSON.parse(answer.body) as { response: { allowed: boolean } };
        if (asksForGated(text, original)) expect(response.allowed).toBe(false);
      }),
      { numRuns: MUTATIONS },
    );
    await expectUnharmed();
  });
});

async function post(path: WebhookPath, body: BadBody['body']): Promise<WebhookAnswer> {
  return await webhook.post(`${await configured(path)}?timeout=30s`, body(connectReview()));
}
