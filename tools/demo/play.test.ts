import { describe, expect, test } from 'vitest';
import { play, type CommandResult } from './play.ts';
import { REQUEST, type Step } from './story.ts';
import { createTerminal } from './terminal.ts';

const DENIED =
  'error: denied. NOT executed [sallyport code=ApprovalRequired request=prod/exec-web-0-12345678 retry=true]';

const asks: Step = { user: 'alice', command: ['ask'], succeeds: false, shows: ['NOT executed'], opensRequest: true };
const approves: Step = { user: 'bob', command: ['approve', REQUEST], succeeds: true, shows: [REQUEST] };

interface Case {
  readonly results: readonly CommandResult[];
  readonly fails?: string;
}

async function run({ results }: Case, signal = new AbortController().signal) {
  const written: string[] = [];
  const commands: string[] = [];
  const terminal = createTerminal({ write: (text) => written.push(text), colours: false, columns: 80 });
  const answers = [...results];
  await play([asks, approves], {
    terminal,
    signal,
    run: async (user, command) => {
      commands.push(`${user}: ${command.join(' ')}`);
      return answers.shift() ?? { code: -1, output: '' };
    },
  });
  return { commands, text: written.join('') };
}

describe('the demo', () => {
  test('later commands name the request that the denial named, and all of it is shown', async () => {
    const approved = { code: 0, output: 'exec-web-0-12345678 is Approved\n' };
    const { commands, text } = await run({ results: [{ code: 1, output: DENIED }, approved] });
    expect(commands).toEqual(['alice: ask', 'bob: approve exec-web-0-12345678']);
    expect(text).toContain('bob$ approve exec-web-0-12345678\nexec-web-0-12345678 is Approved\n');
  });

  const cases: Readonly<Record<string, Case>> = {
    'a command that should be refused and is not': {
      results: [{ code: 0, output: DENIED }],
      fails: 'should have been refused, but it ended with code 0',
    },
    'a refusal for another reason': {
      results: [{ code: 1, output: 'connection refused [sallyport code=X request=a/b retry=true]' }],
      fails: 'it does not say "NOT executed"',
    },
    'a denial without a request': { results: [{ code: 1, output: 'NOT executed' }], fails: 'names no request' },
    'a command that should succeed and does not': {
      results: [
        { code: 1, output: DENIED },
        { code: 1, output: 'exec-web-0-12345678' },
      ],
      fails: 'should have succeeded, but it ended with code 1',
    },
    'an answer about another request': {
      results: [
        { code: 1, output: DENIED },
        { code: 0, output: 'exec-web-0-87654321 is Approved' },
      ],
      fails: 'it does not say "exec-web-0-12345678"',
    },
  };
  test.each(Object.entries(cases))('fails at %s', async (_, each) => {
    await expect(run(each)).rejects.toThrow(each.fails);
  });

  test('stops where somebody wants to stop', async () => {
    await expect(run({ results: [] }, AbortSignal.abort())).rejects.toThrow('aborted');
  });
});
