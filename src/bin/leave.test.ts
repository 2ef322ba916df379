import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';

const LEAVE = new URL('leave.ts', import.meta.url).href;

async function run(body: string) {
  const program = `import { leaveSoon } from '${LEAVE}'; ${body} leaveSoon(200);`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const [log, [code]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
  return { log, code: code as unknown };
}

test('what keeps a process whose work is over is told, and left; its exit code stays', async () => {
  const { log, code } = await run('process.exitCode = 3; setInterval(() => {}, 60_000);');
  expect(log).toContain('it was still kept by: ');
  expect(log).toContain('Timeout');
  expect(code).toBe(3);
});

test('a process that nothing keeps just ends', async () => {
  expect(await run('')).toEqual({ log: '', code: 0 });
});
