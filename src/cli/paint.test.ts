import { stripVTControlCharacters } from 'node:util';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { execRequest } from '../../test/builders/exec-request.ts';
import { CliHarness } from '../../test/harness/cli-harness.ts';
import { terminalStreams } from './terminal.ts';

let harness: CliHarness;

beforeEach(async () => {
  harness = await new CliHarness().listen();
  harness.put(execRequest());
});

afterEach(async () => {
  await harness[Symbol.asyncDispose]();
});

/** Codes of our colours (ECMA-48 SGR), and of their ends. */
const OURS = [2, 22, 31, 32, 33, 39];
const ESC = '\u001B';

describe('colours', () => {
  it.each([
    ['list -n prod', `${ESC}[33mPending${ESC}[39m`],
    ['show prod/exec-web-0', `  ${ESC}[33mPending (0/1)`],
  ])('%s has them on a terminal, and says the same without', async (args, coloured) => {
    const plain = await harness.run(args);
    expect(plain.out).not.toContain(ESC);
    harness.colours = true;
    const shown = await harness.run(args);
    expect(shown.out).toContain(coloured);
    expect(stripVTControlCharacters(shown.out)).toBe(plain.out);
    expect((await harness.run(`--color never ${args}`)).out).toBe(plain.out);
    harness.colours = false;
    expect((await harness.run(`${args} --color=always`)).out).toBe(shown.out);
  });

  it('are never in what scripts read', async () => {
    harness.colours = true;
    for (const format of ['json', 'yaml', 'name'])
      expect((await harness.run(`list -n prod -o ${format} --color always`)).out).not.toContain(ESC);
  });

  it.each([
    ['a terminal', true, {}, true],
    ['a pipe', false, {}, false],
    ['a terminal of somebody who wants none', true, { noColour: true }, false],
    ['a terminal that knows no escapes', true, { dumb: true }, false],
  ])('by themselves in %s: %s', (_, isTTY, wishes, has) => {
    const stream = () => Object.assign(new PassThrough(), { isTTY });
    const streams = terminalStreams(stream(), stream(), stream(), { noColour: false, dumb: false, ...wishes });
    expect(streams.stdoutHasColours).toBe(has);
    expect(streams.stderrIsTTY).toBe(isTTY && !('dumb' in wishes));
  });
});

describe('escapes of somebody else', () => {
  const EVIL = `x${ESC}[2J${ESC}]8;;http://evil\u0007\u202e\u200b\u009b31m`;

  it.each([
    'list -A',
    'list -A -o wide',
    'list -A -o json',
    'list -A -o yaml',
    'show prod/evil',
    'list --mine -A --all',
  ])('%s shows them as text, on a terminal with colours too', async (args) => {
    harness.colours = true;
    harness.caller = { username: `bob${EVIL}` };
    harness.put(
      execRequest({
        name: 'evil',
        action: { name: EVIL, exec: { container: EVIL, command: ['ls', EVIL] } },
        spec: {
          reason: EVIL,
          ticket: EVIL,
          requester: { username: `bob${EVIL}`, person: EVIL, owner: EVIL, groups: [EVIL] },
        },
        status: {
          conditions: [{ type: 'Pending', status: 'True', reason: EVIL, message: EVIL, lastTransitionTime: '' }],
          votes: [
            {
              uid: 'v',
              name: 'v',
              person: EVIL,
              username: EVIL,
              decision: 'Approve',
              via: EVIL,
              at: EVIL,
              reason: EVIL,
            },
          ],
        },
      }),
    );
    const { out, err } = await harness.run(args);
    const foreign = OURS.reduce((text, code) => text.replaceAll(`${ESC}[${code}m`, ''), `${out}${err}`);
    expect(foreign).toContain('evil');
    expect(foreign).not.toMatch(/[^\P{C}\n]/u);
  });
});
