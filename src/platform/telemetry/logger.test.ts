import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';

const LOGGER = new URL('logger.ts', import.meta.url).href;

const programOf = (body: string) =>
  `import { createLogger } from '${LOGGER}'; const log = createLogger('info', () => {}); ${body}`;

const linesOf = (count: number) =>
  `for (let at = 0; at < ${count}; at += 1) log.info({ at, filling: 'x'.repeat(300) }, 'line');`;

/** The numbers of the lines that are whole, in order. */
function numbersIn(log: string): number[] {
  return log
    .split('\n')
    .flatMap((line) => /^\{.*"at":(\d+),"filling":"x{300}","msg":"line"\}$/.exec(line)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b);
}

const upTo = (count: number) => Array.from({ length: count }, (_, at) => at);

/** What a process of its own has written to standard error when it has ended. */
async function logOf(body: string): Promise<string> {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', programOf(body)], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const [log] = await Promise.all([text(child.stderr), once(child, 'exit')]);
  return log;
}

const ENDS: Record<string, string> = {
  'nothing left to do': '',
  'an error that nobody caught': "setTimeout(() => { throw new Error('fatal'); });",
  'a promise that nobody caught': "Promise.reject(new Error('fatal'));",
  'an exit in so many words': 'process.exit(1);',
  'SIGTERM that is heard': "process.once('SIGTERM', () => process.exit(0)); process.kill(process.pid, 'SIGTERM');",
  'a write under way': "setTimeout(() => { log.info({}, 'last'); process.exit(1); }, 101);",
};

test.each(Object.entries(ENDS))('whatever was logged is written at the end of a process: %s', async (_end, body) => {
  expect(numbersIn(await logOf(`${linesOf(500)} ${body}`))).toEqual(upTo(500));
});

/** More than a pipe (64 KiB) and a socket (some 200 KiB) hold. */
const MANY = 1_500;
const SLOW_SECONDS = 0.3;

test.each(Object.entries(ENDS))(
  '… and no line is cut, lost or doubled by a slow reader of a pipe: %s',
  async (_end, body) => {
    const pipeline = `"$0" --input-type=module --eval "$1" 2>&1 >/dev/null | (sleep ${SLOW_SECONDS}; cat)`;
    const shell = spawn('sh', ['-c', pipeline, process.execPath, programOf(`${linesOf(MANY)} ${body}`)], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const [log] = await Promise.all([text(shell.stdout), once(shell, 'exit')]);
    expect(numbersIn(log)).toEqual(upTo(MANY));
  },
);
