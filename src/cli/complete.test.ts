import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { execRequest } from '../../test/builders/exec-request.ts';
import { CliHarness } from '../../test/harness/cli-harness.ts';

let harness: CliHarness;

beforeEach(async () => {
  harness = await new CliHarness().listen();
  const inherited = harness.server.script;
  harness.server.script = (request) => {
    const items = /\/(namespaces|pods)$/.exec(request.path)?.[1];
    if (items === undefined) return inherited(request);
    const named = items === 'pods' ? ['web-0', 'db-0'] : ['dev', 'prod'];
    const body = { metadata: { resourceVersion: '1' }, items: named.map((name) => ({ metadata: { name } })) };
    return { type: 'Json', status: 200, body };
  };
  harness.put(execRequest());
  harness.put(execRequest({ name: 'old', status: { state: 'Denied' } }));
  harness.put(execRequest({ name: 'given', status: { state: 'Approved' } }));
});

afterEach(async () => {
  await harness[Symbol.asyncDispose]();
});

/** What is offered, without what is said about it, and the directive. */
async function offered(...words: readonly string[]): Promise<string[]> {
  return (await harness.complete(...words))
    .trimEnd()
    .split('\n')
    .map((line) => line.replace(/\t.*/, ''));
}

describe('what a shell offers', () => {
  const CASES: Readonly<Record<string, readonly [words: readonly string[], values: readonly string[]]>> = {
    'verbs that begin so': [['re'], ['request', 'reason', 'revoke', ':4']],
    'pending requests to approve': [
      ['approve', '-n', 'prod', ''],
      ['exec-web-0', ':4'],
    ],
    'open ones to revoke': [
      ['revoke', '--namespace=prod', ''],
      ['exec-web-0', 'given', ':4'],
    ],
    'any to show, by the namespace that stands before': [
      ['show', 'prod/'],
      ['prod/exec-web-0', 'prod/given', 'prod/old', ':4'],
    ],
    'those of all namespaces where this one has none': [
      ['deny', ''],
      ['prod/exec-web-0', ':4'],
    ],
    'nothing twice: a verb has one request': [['show', '-n', 'prod', 'old', ''], [':4']],
    namespaces: [
      ['list', '-n', ''],
      ['dev', 'prod', ':4'],
    ],
    'namespaces in one word': [
      ['list', '--namespace=p'],
      ['--namespace=prod', ':4'],
    ],
    'formats of a verb': [
      ['show', '-o', ''],
      ['json', 'yaml', 'name', ':4'],
    ],
    'formats of list': [
      ['list', '-o', 'w'],
      ['wide', ':4'],
    ],
    states: [
      ['list', '--state', 'De'],
      ['Denied', ':4'],
    ],
    'flags of a verb, and of all': [
      ['approve', '--d'],
      ['--digest', ':4'],
    ],
    'flags of all': [
      ['approve', '--c'],
      ['--context', '--color', ':4'],
    ],
    "kubectl's verbs behind request": [
      ['request', 'e'],
      ['exec', ':4'],
    ],
    'pods behind exec': [
      ['request', '-r', 'why', 'exec', 'w'],
      ['web-0', ':4'],
    ],
    'pods behind can exec': [
      ['can', 'exec', ''],
      ['web-0', 'db-0', ':4'],
    ],
    'what can takes': [
      ['can', 'p'],
      ['port-forward', ':4'],
    ],
    files: [['explain', '-f', ''], [':0']],
    'nothing of a reason': [['deny', '-r', ''], [':4']],
    "another program's words": [['run', '--', 'kubectl', 'ge'], [':0']],
    shells: [
      ['completion', ''],
      ['bash', 'zsh', 'fish', 'kubectl', ':4'],
    ],
  };
  it.each(Object.entries(CASES))('%s', async (_, [words, values]) => {
    expect((await offered(...words)).toSorted()).toEqual([...values].toSorted());
  });

  it('a request with who asks for what', async () => {
    expect(await harness.complete('approve', '-n', 'prod', 'e')).toBe(
      'exec-web-0\tPending: alice, exec ls "/a b" on pods/web-0 (app)\n:4\n',
    );
  });

  it('nothing, soon, of a server that does not answer', async () => {
    harness.server.script = () => ({ type: 'Silence' });
    const start = performance.now();
    expect(await offered('approve', '-n', 'prod', '')).toEqual([':4']);
    expect(performance.now() - start).toBeLessThan(6_000);
    harness.server.script = () => ({ type: 'Json', status: 403, body: {} });
    expect(await offered('approve', '-n', 'prod', '')).toEqual([':4']);
  });

  it('shows no escape of somebody else', async () => {
    harness.put(
      execRequest({
        name: 'evil',
        action: { exec: { command: ['\u001B[2J\u202e'] } },
        spec: { requester: { username: '\u009b\n' } },
      }),
    );
    const text = await harness.complete('show', '-n', 'prod', 'evil');
    expect(text).toMatch(/^evil\t.*\n:4\n$/);
    expect(text).not.toMatch(/[^\P{C}\n\t]/u);
  });
});

describe('the scripts', () => {
  const execute = promisify(execFile);
  let folder = '';

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'completion-'));
    // Says what it was asked, and offers two things.
    const plugin =
      '#!/bin/sh\nshift\nprintf "%s|" "$@" > asked\nprintf -- "--output=json\\tabout\\n--output=yaml\\n:4\\n"\n';
    await writeFile(join(folder, 'kubectl-sallyport'), plugin);
    await chmod(join(folder, 'kubectl-sallyport'), 0o755);
  });

  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  const bash = async (script: string) => {
    const env = { ...process.env, PATH: `${folder}:${process.env['PATH'] ?? ''}` };
    return (await execute('bash', ['--norc', '-c', script], { cwd: folder, env })).stdout;
  };
  const path = (name: string) => fileURLToPath(new URL(`completions/${name}`, import.meta.url));

  it('of bash asks with the words as they were typed, and offers what is left of the last', async () => {
    const typed = "COMP_WORDS=(kubectl-sallyport list -n 'a b' --output = js); COMP_CWORD=6";
    const script = `source '${path('kubectl-sallyport.bash')}'; ${typed}; _kubectl_sallyport; printf '%s\\n' "\${COMPREPLY[@]}"; cat asked`;
    expect(await bash(script)).toBe('json\nyaml\nlist|-n|a b|--output=js|');
    expect(await bash(`source '${path('kubectl-sallyport.bash')}'; complete -p kubectl-sallyport`)).toContain(
      '-F _kubectl_sallyport kubectl-sallyport',
    );
  });

  it("of kubectl is a program that asks, and prints kubectl's protocol", async () => {
    expect(await bash(`sh '${path('kubectl_complete-sallyport')}' list ''; cat asked`)).toBe(
      '--output=json\tabout\n--output=yaml\n:4\nlist||',
    );
  });

  it.each([
    ['bash', '-n', 'kubectl-sallyport.bash'],
    ['zsh', '-n', 'kubectl-sallyport.zsh'],
    ['fish', '--no-execute', 'kubectl-sallyport.fish'],
  ])('of %s are what the verb prints, and the shell, where it is here, reads them', async (shell, flag, name) => {
    const { out } = await harness.run(`completion ${shell}`);
    expect(out).toContain('__complete');
    const read = await execute(shell, [flag, path(name)]).catch((error: NodeJS.ErrnoException) => error);
    expect(read instanceof Error && read.code !== 'ENOENT' ? read : undefined).toBeUndefined();
  });
});
