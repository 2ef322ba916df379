import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { execRequest, type Parts } from '../../test/builders/exec-request.ts';
import { achieves } from '../../test/harness/achieves.ts';
import { CliHarness, REQUESTS } from '../../test/harness/cli-harness.ts';
import { renderDenial } from '../core/decision/denial.ts';
import type { RequestStatus } from '../core/api/kinds.ts';

let harness: CliHarness;
let folder: string;

beforeEach(async () => {
  harness = await new CliHarness().listen();
  folder = await mkdtemp(join(tmpdir(), 'run-command-'));
});

afterEach(async () => {
  await harness[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

/** A request of bob's: the harness runs as bob. */
function bobs(parts: Parts = {}) {
  return execRequest({
    ...parts,
    spec: { requester: { username: 'bob', groups: ['developers'], class: 'Human', person: 'bob' } },
  });
}

const denial = (code = 'ApprovalRequired', request = 'prod/exec-web-0') =>
  `Error from server: ${renderDenial('NOT executed', { code, request, retry: true })}`;

/** Writes a line to `runs` at each run, and says what it is told to at the first `denials` runs. */
function script(denials: number, said = denial(), code = 1, then = 'exit 7'): string[] {
  const runs = join(folder, 'runs');
  return [
    'run',
    '--',
    'sh',
    '-c',
    `cat >> '${join(folder, 'input')}'; echo run >> '${runs}'; if [ $(wc -l < '${runs}') -le ${denials} ]; then echo "$1" >&2; exit ${code}; fi; echo through >&2; ${then}`,
    'sh',
    said,
  ];
}

async function runs(): Promise<number> {
  return (await readFile(join(folder, 'runs'), 'utf8')).split('\n').length - 1;
}

async function decide(status: RequestStatus): Promise<void> {
  await achieves('a watch', async () => expect(harness.server.watches).toBe(1));
  harness.put(bobs({ status }));
}

describe('run', () => {
  it('waits for the approval and runs the command again, with its exit code', async () => {
    harness.put(bobs());
    const running = harness.run(script(1));
    await decide({ state: 'Approved', approvals: '1/1' });
    const { code, err } = await running;
    expect(code).toBe(7);
    expect(err).not.toContain('[sallyport');
    expect(err).toMatch(/^waiting for prod\/exec-web-0 .*\napproved; running it again\nthrough\n$/);
    expect(await runs()).toBe(2);
  });

  it('gives the request the reason that it lacks, and leaves one that is there', async () => {
    harness.put(bobs());
    const [run, ...rest] = script(1);
    const running = harness.run([run ?? '', '-r', 'INC-9', ...rest]);
    await achieves('a reason', async () => {
      expect(harness.server.store.get(REQUESTS, 'prod/exec-web-0')).toMatchObject({ spec: { reason: 'INC-9' } });
    });
    await decide({ state: 'Approved' });
    expect((await running).code).toBe(7);
  });

  it('gives the second run the same input as the first', async () => {
    harness.stdin = Readable.from([Buffer.from('one\n'), Buffer.from('two\n')]);
    harness.put(bobs());
    const running = harness.run(script(1));
    await decide({ state: 'Approved' });
    expect((await running).code).toBe(7);
    expect(await readFile(join(folder, 'input'), 'utf8')).toBe('one\ntwo\none\ntwo\n');
  });

  it.each(['Denied', 'Expired', 'Revoked', 'Cancelled'] as const)(
    'a request that is %s: 5, and no second run',
    async (state) => {
      harness.put(bobs());
      const running = harness.run(script(9));
      await decide({ state });
      const { code, err } = await running;
      expect(code).toBe(5);
      expect(err).toContain(`error: prod/exec-web-0 is ${state}`);
      expect(await runs()).toBe(1);
    },
  );

  it('Ctrl-C while it waits: 130', async () => {
    harness.put(bobs());
    const running = harness.run(script(9));
    await achieves('a watch', async () => expect(harness.server.watches).toBe(1));
    harness.interrupt('SIGINT');
    expect((await running).code).toBe(130);
    expect(await runs()).toBe(1);
  });

  it('gives up when every approval leads to another denial', async () => {
    harness.put(bobs({ status: { state: 'Approved' } }));
    harness.now = () => Date.parse('2025-12-31T00:00:00Z');
    const approved = { type: 'Approved', status: 'True', reason: 'Approved', message: '' } as const;
    harness.put(
      bobs({
        status: { state: 'Approved', conditions: [{ ...approved, lastTransitionTime: '2026-01-01T10:00:00Z' }] },
      }),
    );
    const { code, err } = await harness.run(script(99));
    expect(code).toBe(5);
    expect(err).toContain('error: denied again after 5 approvals: prod/exec-web-0');
    expect(await runs()).toBe(6);
  }, 15_000);

  const passed: Readonly<Record<string, [args: () => string[], code: number, words: string]>> = {
    'another denial': [() => script(9, denial('AlreadyUsed')), 1, 'code=AlreadyUsed'],
    'a denial from before, for which nobody waits': [() => script(9, denial('Denied')), 1, 'code=Denied'],
    'another failure': [() => script(9, 'oops', 42), 42, 'oops\n'],
    'success, whatever it says': [() => script(9, denial(), 0), 0, '[sallyport code=ApprovalRequired'],
    'a request that is not there': [
      () => script(9, denial('ApprovalRequired', 'prod/nope')),
      1,
      'not waiting for prod/nope',
    ],
    'words that name no request': [() => script(9, denial('ApprovalRequired', '../x')), 1, 'not waiting for ../x'],
    'a command that is ended by a signal': [() => script(0, '', 0, 'kill -TERM $$'), 143, 'through'],
  };
  it.each(Object.entries(passed))('%s is passed on, and shown', async (_, [args, code, words]) => {
    const result = await harness.run(args());
    expect(result.code).toBe(code);
    expect(result.err).toContain(words);
    expect(await runs()).toBe(1);
  });

  it('the request of somebody else is not waited for', async () => {
    harness.put(execRequest());
    const { code, err } = await harness.run(script(9));
    expect(code).toBe(1);
    expect(err).toContain('not waiting for prod/exec-web-0: it is not of bob');
    expect(err).toContain('[sallyport code=ApprovalRequired');
  });

  it('an approval from before is not what the command was denied for', async () => {
    harness.put(bobs({ status: { state: 'Approved' } }));
    expect((await harness.run(script(9))).code).toBe(1);
    expect(await runs()).toBe(1);
  });

  it('passes signals on', async () => {
    const running = harness.run([
      'run',
      '--',
      'sh',
      '-c',
      `trap 'exit 9' TERM; echo run >> '${folder}/runs'; while :; do sleep 0.1; done`,
    ]);
    await achieves('a start', runs);
    harness.interrupt('SIGTERM');
    expect((await running).code).toBe(9);
  });

  it('is no shell', async () => {
    const { code, err } = await harness.run(['run', '--', 'sh', '-c', 'printf %s "$1" >&2', 'sh', '$(id); `id` *']);
    expect({ code, err }).toEqual({ code: 0, err: '$(id); `id` *' });
  });

  it('leaves -- and options of the command alone', async () => {
    const { err } = await harness.run([
      'run',
      '--timeout',
      '1m',
      '--',
      'sh',
      '-c',
      'echo "$*" >&2',
      'x',
      '-n',
      'a',
      '--',
      '--help',
    ]);
    expect(err).toBe('-n a -- --help\n');
  });

  it.each([
    ['without --', ['run', 'true'], 2],
    ['with words before --', ['run', 'true', '--', 'true'], 2],
    ['with nothing', ['run', '--'], 2],
    ['a command that is not there', ['run', '--', 'no-such-command-here'], 127],
    ['a command that is none', ['run', '--', '/'], 126],
  ])('%s: %s %d', async (_, args, code) => {
    expect((await harness.run(args)).code).toBe(code);
  });
});
