import { once } from 'node:events';
import type { Response } from 'express';
import { z } from 'zod';
import { API_VERSION } from '../../core/api/group.ts';
import type { ApprovalPolicy } from '../../core/api/kinds.ts';
import { BACKTESTS, type BacktestCall, type BacktestNews } from '../../core/backtest/backtest-call.ts';
import { EVIDENCE_API_VERSION } from '../../core/evidence/record-object.ts';
import type { AccessReview } from '../../ports/access-review.ts';
import { type Backtests, BacktestsError } from '../../ports/backtests.ts';
import { BACKTEST_DAYS, type BacktestBody, type BacktestChoices } from '../api.ts';
import type { BacktestOutcome } from './console-events.ts';
import { mayListRecords } from './evidence.ts';
import { subjectOf } from './subject-of.ts';
import type { Viewer } from './viewer.ts';

/** Of one try; the API of evidence takes as many. */
const MAX_POLICIES = 10;

/** A policy of the largest presets is 6 KiB. */
const MAX_YAML_CHARACTERS = 128 * 1024;

/** With what JSON makes of quotes and line ends. */
export const BACKTEST_BODY_BYTES = 2 * MAX_YAML_CHARACTERS;

/** Of all people of this process, one each; the process that runs them takes fewer, and says so. */
const MAX_AT_ONCE = 4;

export const backtestQuery = z.strictObject({ namespace: z.string().max(63).optional() });

export const backtestBody = z
  .strictObject({
    namespace: z.string().min(1).max(63).optional(),
    policies: z.array(z.string().min(1).max(253)).max(MAX_POLICIES).optional(),
    yaml: z.string().max(MAX_YAML_CHARACTERS).optional(),
    days: z.literal(BACKTEST_DAYS),
  })
  .refine(({ policies = [], yaml = '' }) => policies.length > 0 || yaml.trim() !== '', {
    message: 'choose a policy, or write one',
  });

export interface BacktestPorts {
  readonly backtests: Backtests;
  readonly accessReview: AccessReview;
  readonly policies: () => readonly ApprovalPolicy[];
  readonly now: () => number;
}

/** Who runs one now, by username. */
export type Running = Set<string>;

export type Begun =
  | { readonly kind: 'Begun'; readonly news: AsyncIterator<BacktestNews>; readonly first: BacktestNews }
  | { readonly kind: 'Forbidden' | 'OwnRuns' | 'OthersRun' | 'Unavailable' }
  /** What runs them says so, in words for people. */
  | { readonly kind: 'Busy'; readonly message: string }
  | { readonly kind: 'NoSuchPolicy'; readonly name: string };

/** @returns undefined for who may try nothing there */
export async function choicesFor(
  viewer: Viewer,
  namespace: string,
  { accessReview, policies }: BacktestPorts,
  signal: AbortSignal,
): Promise<BacktestChoices | undefined> {
  if (!(await mayTry(viewer, namespace, accessReview, signal))) return undefined;
  if (!(await mayListPolicies(viewer, accessReview, signal))) return { policies: [] };
  return { policies: policies().map(nameOf).toSorted() };
}

/** Asks for it, and waits for the first that is told: until then nothing was answered. */
export async function beginBacktest(
  { namespace, policies = [], yaml = '', days }: BacktestBody,
  viewer: Viewer,
  running: Running,
  ports: BacktestPorts,
  signal: AbortSignal,
): Promise<Begun> {
  if (!(await mayTry(viewer, namespace ?? '', ports.accessReview, signal))) return { kind: 'Forbidden' };
  const readable = policies.length > 0 && (await mayListPolicies(viewer, ports.accessReview, signal));
  const stored = new Map(readable ? ports.policies().map((policy) => [nameOf(policy), policy]) : []);
  const missing = policies.find((name) => !stored.has(name));
  if (missing !== undefined) return { kind: 'NoSuchPolicy', name: missing };
  if (running.has(viewer.username)) return { kind: 'OwnRuns' };
  if (running.size >= MAX_AT_ONCE) return { kind: 'OthersRun' };
  running.add(viewer.username);
  let begun = false;
  try {
    const call: BacktestCall = {
      by: viewer.username,
      ...(namespace === undefined ? {} : { namespace }),
      manifests: [
        ...policies.flatMap((name) => manifestOf(stored.get(name))),
        ...(yaml.trim() === '' ? [] : [{ from: 'what you wrote', text: yaml }]),
      ],
      since: new Date(ports.now() - days * DAY_MS).toISOString(),
    };
    const news = ports.backtests.run(call, signal)[Symbol.asyncIterator]();
    const { value, done } = await news.next();
    if (done === true) return { kind: 'Unavailable' };
    begun = true;
    return { kind: 'Begun', news, first: value };
  } catch (error) {
    if (!(error instanceof BacktestsError)) throw error;
    return error.code === 'Unavailable' ? { kind: 'Unavailable' } : { kind: 'Busy', message: error.message };
  } finally {
    if (!begun) running.delete(viewer.username);
  }
}

const DAY_MS = 24 * 3_600_000;

/** Sends what is told as lines, to the end. @returns how it ended; never throws */
export async function sendNews(
  response: Response,
  { news, first }: Extract<Begun, { kind: 'Begun' }>,
  signal: AbortSignal,
): Promise<BacktestOutcome> {
  response.writeHead(200, { 'Content-Type': 'application/x-ndjson; charset=utf-8', 'X-Accel-Buffering': 'no' });
  const send = async (each: BacktestNews): Promise<void> => {
    if (!response.write(`${JSON.stringify(each)}\n`)) await once(response, 'drain', { signal });
  };
  try {
    let next: BacktestNews = first;
    for (;;) {
      await send(next);
      if (next.type !== 'Progress') return next.type;
      const { value, done } = await news.next();
      next = done === true ? BROKEN_OFF : value;
    }
  } catch {
    if (signal.aborted) return 'CalledOff';
    await send(BROKEN_OFF).catch(() => undefined);
    return 'Failed';
  } finally {
    await news.return?.().catch(() => undefined);
    response.end();
  }
}

const BROKEN_OFF: BacktestNews = { type: 'Failed', message: 'the API of evidence answers no more; try again' };

function nameOf({ metadata }: ApprovalPolicy): string {
  return metadata.name ?? '';
}

/** What a watch brings does not say of which kind it is. */
function manifestOf(policy: ApprovalPolicy | undefined): BacktestCall['manifests'] {
  if (policy === undefined) return [];
  const { spec } = policy;
  const object = { apiVersion: API_VERSION, kind: 'ApprovalPolicy', metadata: { name: nameOf(policy) }, spec };
  // JSON is YAML.
  return [{ from: 'the cluster', text: JSON.stringify(object) }];
}

/**
 * What the API of evidence would ask of them. It is asked by the console for everybody, with the console's rights: so theirs
 * are asked for here. @param namespace empty: all of them
 */
async function mayTry(
  viewer: Viewer,
  namespace: string,
  accessReview: AccessReview,
  signal: AbortSignal,
): Promise<boolean> {
  const answers = await Promise.all([
    mayListRecords(viewer, namespace, accessReview, signal),
    may(viewer, 'create', `${EVIDENCE_API_VERSION}/${BACKTESTS}`, namespace, accessReview, signal),
  ]);
  return answers.every(Boolean);
}

async function mayListPolicies(viewer: Viewer, accessReview: AccessReview, signal: AbortSignal): Promise<boolean> {
  return await may(viewer, 'list', `${API_VERSION}/approvalpolicies`, '', accessReview, signal);
}

/** No answer is a no. @param what group/version/plural */
async function may(
  viewer: Viewer,
  verb: string,
  what: string,
  namespace: string,
  accessReview: AccessReview,
  signal: AbortSignal,
): Promise<boolean> {
  const [group, version, plural] = what.split('/') as [string, string, string];
  const resource = { group, version, resource: plural, subresource: '', name: '', namespace };
  try {
    return await accessReview.allowed({ user: subjectOf(viewer), verb, ...resource }, signal);
  } catch {
    return false;
  }
}
