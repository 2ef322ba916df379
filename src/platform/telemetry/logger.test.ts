import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';

const LOGGER = new URL('logger.ts', import.meta.url).href;

/** What a process of its own has written to standard error when it has ended. */
async function logOf(body: string): Promise<string> {
  const program = `import { createLogger } from '${LOGGER}'; const log = createLogger('info', () => {}); ${body}`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
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
  const lines = "for (let at = 0; at < 500; at += 1) log.info({ at, filling: 'x'.repeat(300) }, 'line');";
  const log = await logOf(`${lines} ${body}`);
  const numbers = log
    .split('\n')
    .flatMap((line) => (line.includes('"at":') ? [Number(/"at":(\d+)/.exec(line)?.[1])] : []));
  expect(numbers.sort((a, b) => a - b)).toEqual(Array.from({ length: 500 }, (_, at) => at));
});
