import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { renderDenial } from '../core/decision/denial.ts';
import { systemClock } from '../platform/clock/system-clock.ts';
import { createDenialFilter } from './denial-filter.ts';

const ASKED = `${renderDenial('needs approval. NOT executed', { code: 'ApprovalRequired', request: 'prod/exec-1', retry: true })}\n`;
const DENIED = `${renderDenial('bob said no. NOT executed', { code: 'Denied', request: 'prod/exec-1', retry: false })}\n`;

interface Case {
  readonly written: readonly string[];
  readonly shown: string;
  readonly requests: readonly string[];
}

const CASES: Readonly<Record<string, Case>> = {
  'a denial is held back': { written: [ASKED], shown: '', requests: ['prod/exec-1'] },
  'what stands around it is shown': { written: [`a\n${ASKED}b\n`], shown: 'a\nb\n', requests: ['prod/exec-1'] },
  'a denial that comes in pieces is one': {
    written: [ASKED.slice(0, 20), ASKED.slice(20, 60), ASKED.slice(60)],
    shown: '',
    requests: ['prod/exec-1'],
  },
  'a denial without line end is one': { written: [ASKED.trimEnd()], shown: '', requests: ['prod/exec-1'] },
  'a request is named once': { written: [ASKED, ASKED], shown: '', requests: ['prod/exec-1'] },
  'other denials are shown': { written: [DENIED], shown: DENIED, requests: [] },
  'a line that is not ended is shown in the end': { written: ['a\nb'], shown: 'a\nb', requests: [] },
  'a line too long for a denial is shown': {
    written: [`${'x'.repeat(70_000)}${ASKED}`],
    shown: `${'x'.repeat(70_000)}${ASKED}`,
    requests: [],
  },
  'more requests than a command can wait for are shown': {
    written: Array.from({ length: 18 }, (_, index) => ASKED.replace('exec-1', `exec-${index}`)),
    shown: [16, 17].map((index) => ASKED.replace('exec-1', `exec-${index}`)).join(''),
    requests: Array.from({ length: 16 }, (_, index) => `prod/exec-${index}`),
  },
};

describe('stderr', () => {
  it.each(Object.entries(CASES))('%s', (_, { written, shown, requests }) => {
    const out: Buffer[] = [];
    const filter = createDenialFilter((bytes) => void out.push(bytes), systemClock);
    for (const text of written) filter.write(Buffer.from(text));
    expect(filter.end().requests).toEqual(requests);
    expect(Buffer.concat(out).toString()).toBe(shown);
  });

  it('bytes that are no UTF-8 stay what they are', () => {
    const out: Buffer[] = [];
    const filter = createDenialFilter((bytes) => void out.push(bytes), systemClock);
    filter.write(Buffer.from([0xff, 0xc3]));
    filter.write(Buffer.from([0x28, 0x0a]));
    filter.end();
    expect(Buffer.concat(out)).toEqual(Buffer.from([0xff, 0xc3, 0x28, 0x0a]));
  });

  it('a question is shown although its line has no end', async () => {
    const out: Buffer[] = [];
    const filter = createDenialFilter((bytes) => void out.push(bytes), systemClock);
    filter.write(Buffer.from('Password: '));
    await delay(120);
    expect(Buffer.concat(out).toString()).toBe('Password: ');
    filter.end();
    expect(Buffer.concat(out).toString()).toBe('Password: ');
  });
});
