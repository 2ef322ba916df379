import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { approvalPolicy } from '../../test/builders/approval-policy.ts';
import { auditEvent, writeEvent } from '../../test/builders/audit-event.ts';
import type { BacktestReport } from '../core/backtest/report.ts';
import type { AuditEvent } from '../core/evidence/audit-event.ts';
import { systemClock } from '../platform/clock/system-clock.ts';
import { parseMoment } from './backtest-moment.ts';
import { describeError } from './describe-error.ts';
import { policyCommand } from './policy-command.ts';
import type { Interrupt } from './signals.ts';

let folder = '';
const file = (name: string) => join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'backtest-cli-'));
  await writeFile(file('policy.json'), JSON.stringify(approvalPolicy()));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

interface Terminal {
  readonly stdin?: Readable;
  readonly stderrIsTTY?: boolean;
  /** Called when somebody begins to listen for signals. */
  readonly onListen?: (send: (signal: Interrupt) => void) => void;
}

async function run(args: readonly string[], { stdin, stderrIsTTY = false, onListen }: Terminal = {}): Promise<Ran> {
  const said = { out: '', err: '' };
  let now = Date.parse('2026-11-21T00:00:00Z');
  const command = policyCommand({
    clock: {
      ...systemClock,
      now: () => {
        now += 1000;
        return now;
      },
    },
    stdin: stdin ?? Readable.from([]),
    signals: {
      listen(listener) {
        onListen?.(listener);
        return () => undefined;
      },
    },
    connect: () => {
      throw new Error('nobody is to be asked');
    },
    streams: {
      stdout: (text) => {
        said.out += text;
      },
      stderr: (text) => {
        said.err += text;
      },
      isTTY: false,
      stderrIsTTY,
      stdoutHasColours: false,
      ask: async () => '',
    },
  });
  try {
    await command.parseAsync(['backtest', ...args], { from: 'user' });
    return { code: 0, ...said };
  } catch (error) {
    const { exitCode, line } = describeError(error);
    return { code: exitCode, out: said.out, err: `${said.err}${line ?? ''}` };
  }
}

const lines = (events: readonly (object | string)[]) =>
  events.map((event) => `${typeof event === 'string' ? event : JSON.stringify(event)}\n`).join('');

async function log(name: string, events: readonly (object | string)[]): Promise<string> {
  await writeFile(file(name), lines(events));
  return file(name);
}

async function held(args: readonly string[], terminal?: Terminal): Promise<number | undefined> {
  const { code, out, err } = await run(['-f', file('policy.json'), '-o', 'json', ...args], terminal);
  if (code !== 0) throw new Error(err);
  return (JSON.parse(out) as BacktestReport).policies[0]?.held;
}

const record = (seq: number, data: object, kind = 'AuditEvent') => ({
  seq,
  prev: '0'.repeat(64),
  time: '2026-11-20T10:00:00.000Z',
  kind,
  id: `event/${seq}`,
  data,
});

describe('reads events', () => {
  const two: readonly AuditEvent[] = [auditEvent(), writeEvent('delete')];

  test('of an audit log, gzipped or not, and of several', async () => {
    const first = await log('first.log', two.slice(0, 1));
    await writeFile(file('second.log'), gzipSync(lines(two.slice(1))));
    expect(await held(['--audit-log', first])).toBe(1);
    expect(await held(['--audit-log', first, file('second.log')])).toBe(2);
  });

  test('of standard input, in any pieces, without an end to the last line', async () => {
    const bytes = Buffer.from(lines(two).trimEnd());
    const pieces = Array.from({ length: Math.ceil(bytes.length / 7) }, (_, at) => bytes.subarray(at * 7, at * 7 + 7));
    expect(await held(['--audit-log', '-'], { stdin: Readable.from(pieces) })).toBe(2);
  });

  test('of an EventList', async () => {
    const list = await log('list.log', [{ kind: 'EventList', apiVersion: 'audit.k8s.io/v1', items: two }]);
    expect(await held(['--audit-log', list])).toBe(2);
  });

  test('of the segments of a ledger, whatever else it holds', async () => {
    const ledger = await mkdtemp(join(folder, 'ledger-'));
    const segment = (first: number) => join(ledger, `${String(first).padStart(20, '0')}.ndjson`);
    await writeFile(segment(1), lines([record(1, { format: 'x' }, 'Segment'), record(2, two[0] ?? {})]));
    await writeFile(segment(3), lines([record(3, two[1] ?? {}), record(4, { request: 'a' }, 'Vote')]));
    await writeFile(join(ledger, 'head.json'), 'not a segment');
    expect(await held(['--ledger', ledger])).toBe(2);
  });

  test('of persons, where a people map says who is who', async () => {
    const map = 'people:\n- person: Alice\n  usernames: [alice, alice-admin]\n';
    const people = await log('people.yaml', [{ apiVersion: 'v1', kind: 'ConfigMap', data: { 'people.yaml': map } }]);
    const two = [auditEvent(), auditEvent({ user: { username: 'alice-admin' } })];
    const args = ['-f', file('policy.json'), '--audit-log', await log('two.log', two), '-o', 'json'];
    const peopleOf = ({ out }: Ran) => (JSON.parse(out) as BacktestReport).policies[0]?.people;
    expect(peopleOf(await run(args))).toMatchObject([{ name: 'alice' }, { name: 'alice-admin' }]);
    expect(peopleOf(await run([...args, '--people', people]))).toMatchObject([{ name: 'Alice', held: 2 }]);
    const broken = await log('broken.yaml', [{ apiVersion: 'v1', kind: 'ConfigMap', data: { 'people.yaml': 'x: 1' } }]);
    expect((await run([...args, '--people', broken])).code).toBe(2);
  });

  test('since and until a moment, the one included, the other not', async () => {
    const days = ['18', '19', '20'].map((day) =>
      auditEvent({ auditID: day, requestReceivedTimestamp: `2026-11-${day}T00:00:00.000000Z` }),
    );
    const all = await log('days.log', days);
    expect(await held(['--audit-log', all, '--since', '2026-11-19'])).toBe(2);
    expect(await held(['--audit-log', all, '--since', '2d1h', '--until', '2026-11-20T00:00:00Z'])).toBe(1);
  });
});

describe('tells what is wrong', () => {
  const wrong: Record<string, readonly [() => Promise<readonly string[]>, code: number, text: RegExp]> = {
    'no policy': [async () => ['--audit-log', file('a')], 2, /say which policies/],
    'no events': [async () => ['-f', file('policy.json')], 2, /say where the events are/],
    'a file that is not there': [
      async () => ['-f', file('policy.json'), '--audit-log', file('none')],
      1,
      /cannot read .*none: ENOENT/,
    ],
    'a folder': [async () => ['-f', file('policy.json'), '--audit-log', folder], 1, /is a folder/],
    'a ledger without segments': [async () => ['-f', file('policy.json'), '--ledger', folder], 1, /holds no ledger/],
    'a span that is none': [
      async () => ['-f', file('policy.json'), '--audit-log', file('a'), '--since', 'yesterday'],
      2,
      /a span such as 30d/,
    ],
    'no time at all': [
      async () => ['-f', file('policy.json'), '--audit-log', file('a'), '--since', '1d', '--until', '2d'],
      2,
      /--until is not after --since/,
    ],
    'a file without a policy': [
      async () => ['-f', await log('pod.yaml', [{ apiVersion: 'v1', kind: 'Pod' }]), '--audit-log', file('a')],
      2,
      /holds no ApprovalPolicy/,
    ],
    'something that is no log': [
      async () => ['-f', file('policy.json'), '--audit-log', await log('words.txt', ['some words', '{"a":1}'])],
      1,
      /not one line is an audit event; the first: words.txt:1: it is no JSON/,
    ],
    'a gzip that is cut off': [
      async () => {
        await writeFile(file('cut.gz'), gzipSync(lines([auditEvent()])).subarray(0, 60));
        return ['-f', file('policy.json'), '--audit-log', file('cut.gz')];
      },
      1,
      /cannot read cut.gz to its end/,
    ],
  };
  test.each(Object.entries(wrong))('%s', async (_, [args, code, text]) => {
    const found = await run(await args());
    expect(found.err).toMatch(text);
    expect(found.code).toBe(code);
    expect(found.out).toBe('');
  });

  test('each problem of each policy that the webhook would refuse', async () => {
    const bad = await log('bad.yaml', [
      '---',
      approvalPolicy({ masking: {} }, 'first'),
      '---',
      { ...approvalPolicy({}, 'second'), apiVersion: 'sallyport.dev/v9' },
      '---',
      approvalPolicy({ match: { resourceRules: [] } }, 'third'),
    ]);
    const { code, err } = await run(['-f', bad, '--audit-log', file('a')]);
    expect(code).toBe(2);
    expect(err).toContain('ApprovalPolicy first is refused: spec.masking: ');
    expect(err).toContain('ApprovalPolicy second is refused: apiVersion: must be sallyport.dev/v1alpha1');
    expect(err).toContain('ApprovalPolicy third is refused: spec.match.resourceRules: ');
  });

  test('lines that are no events: how many, and where the first is; the others count', async () => {
    const whole = JSON.stringify(auditEvent());
    const mixed = await log('mixed.log', [
      auditEvent(),
      whole.slice(0, 200),
      '',
      whole.slice(0, 200) + JSON.stringify(writeEvent('delete')),
      { ...auditEvent(), user: 'alice' },
      writeEvent('delete'),
    ]);
    const { code, out, err } = await run(['-f', file('policy.json'), '-o', 'json', '--audit-log', mixed]);
    expect(code).toBe(0);
    expect(err).toBe('3 lines are no audit event and not counted; the first: mixed.log:2: it is no JSON\n');
    expect((JSON.parse(out) as BacktestReport).policies[0]?.held).toBe(2);
    expect((JSON.parse(out) as BacktestReport).read).toMatchObject({ events: 2, broken: 3 });
  });
});

describe('what was made to spoil it', () => {
  test('an event of a time that cannot be is counted as broken, and the days are those of the others', async () => {
    const times = ['9999-12-31T23:59:59Z', '0001-01-01T00:00:00Z', '2026-11-25T00:00:00Z'];
    const spoiled = times.map((time) => auditEvent({ requestReceivedTimestamp: time, stageTimestamp: time }));
    const made = await log('spoiled.log', [auditEvent(), ...spoiled]);
    const { out, err } = await run(['-f', file('policy.json'), '-o', 'json', '--audit-log', made]);
    const report = JSON.parse(out) as BacktestReport;
    expect(report.read).toMatchObject({ events: 1, broken: 3 });
    expect(report.days).toBe(1);
    expect(err).toContain('its requestReceivedTimestamp, 9999-12-31T23:59:59Z, cannot be');
  });

  test('aliases that name aliases: the file is named, as wrong usage', async () => {
    const bomb = file('bomb.yaml');
    const level = (n: number) => `l${n}: &l${n} [${Array.from({ length: 9 }, () => `*l${n - 1}`).join(', ')}]`;
    await writeFile(bomb, ['apiVersion: v1', 'kind: X', 'l0: &l0 [a]', ...[1, 2, 3, 4].map(level)].join('\n'));
    const { code, err } = await run(['-f', bomb, '--audit-log', file('a')]);
    expect(code).toBe(2);
    expect(err).toMatch(/^cannot read .*bomb\.yaml: .*alias/i);
  });

  test('policies come from standard input too, but not policies and events', async () => {
    const made = await log('one.log', [auditEvent()]);
    const stdin = Readable.from([Buffer.from(JSON.stringify(approvalPolicy()))]);
    const { code, out } = await run(['-f', '-', '-o', 'json', '--audit-log', made], { stdin });
    expect(code).toBe(0);
    expect((JSON.parse(out) as BacktestReport).policies).toHaveLength(1);
    expect((await run(['-f', '-', '--audit-log', '-'])).code).toBe(2);
  });
});

describe('on a terminal', () => {
  /** Much to read, in small pieces. */
  const slow = () => Readable.from(Array.from({ length: 20 }, () => Buffer.from(lines([auditEvent()]))));

  test('shows how far it is, and nowhere else', async () => {
    const args = ['-f', file('policy.json'), '--audit-log', '-'];
    expect((await run(args, { stdin: slow(), stderrIsTTY: true })).err).toMatch(/\r\d+ events \(\d+ a second\)/);
    expect((await run(args, { stdin: slow() })).err).toBe('');
    const known = await log('known.log', [auditEvent()]);
    const { err } = await run(['-f', file('policy.json'), '--audit-log', known], { stderrIsTTY: true });
    expect(err).toMatch(/1 events \(\d+ a second, 100%, 0s left\)/);
  });

  test('ends when it is interrupted, and prints nothing', async () => {
    const { code, out } = await run(['-f', file('policy.json'), '--audit-log', '-'], {
      stdin: slow(),
      onListen: (send) => send('SIGINT'),
    });
    expect({ code, out }).toEqual({ code: 130, out: '' });
  });
});

test('a moment is a span before now, or a time', () => {
  const now = Date.parse('2026-11-21T00:00:00Z');
  expect(parseMoment('30d', now)).toBe(Date.parse('2026-10-22T00:00:00Z'));
  expect(parseMoment('1d12h', now)).toBe(Date.parse('2026-11-19T12:00:00Z'));
  expect(parseMoment('2026-11-01', now)).toBe(Date.parse('2026-11-01T00:00:00Z'));
  expect(parseMoment('2026-11-01T10:00:00+02:00', now)).toBe(Date.parse('2026-11-01T08:00:00Z'));
  for (const text of ['', '30', 'd', '2026', '11/01/2026', '-1d', '2026-13-01', '2026-11-31', '2026-02-30T10:00:00Z'])
    expect(parseMoment(text, now)).toBeUndefined();
});
