import { describe, expect, test } from 'vitest';
import type { Alarm } from './alarm.ts';
import { alarmNotice, type CountedAlarms, countAlarm } from './alarm-notice.ts';

const alarm = (overrides: Partial<Alarm> = {}): Alarm => ({
  alarm: 'Bypass',
  message: 'mallory: create pods/exec prod/web-0',
  at: '2026-11-20T10:00:00.123456Z',
  evidence: [],
  ...overrides,
});

const counted = (...alarms: readonly Alarm[]): CountedAlarms => {
  const [first = alarm(), ...others] = alarms;
  return others.reduce((before, one, index) => countAlarm(before, index + 8, one), countAlarm(undefined, 7, first));
};

describe('what people are told of alarms', () => {
  test('what happened, when, and where to look', () => {
    expect(alarmNotice(counted(alarm()), { consoleUrl: 'https://console.example.com/' })).toEqual({
      alarm: 'Bypass',
      count: 1,
      title: 'Alarm Bypass: an action went round the gate',
      examples: ['mallory: create pods/exec prod/web-0'],
      facts: [
        { label: 'When', text: '2026-11-20 10:00:00 UTC' },
        { label: 'In the ledger', text: 'record 7' },
        { label: 'Look', text: 'kubectl sallyport audit -A --kind Alarm --since 2026-11-20' },
      ],
      link: 'https://console.example.com/evidence?kind=Alarm',
    });
  });

  test('of many, five, their number, and the time of all of them, in whatever order they came', () => {
    const many = [3, 1, 2, 9, 4, 5, 6].map((minute) =>
      alarm({ at: `2026-11-20T10:0${minute}:00.000Z`, message: `at ${minute}` }),
    );
    expect(alarmNotice(counted(...many))).toMatchObject({
      count: 7,
      title: 'Alarm Bypass: an action went round the gate (7 times)',
      examples: ['at 3', 'at 1', 'at 2', 'at 9', 'at 4'],
      omitted: 'and 2 more',
      facts: [
        { text: '2026-11-20 10:01:00 UTC to 2026-11-20 10:09:00 UTC' },
        { text: 'records 7 to 13' },
        { text: 'kubectl sallyport audit -A --kind Alarm --since 2026-11-20' },
      ],
    });
  });

  test('hostile text is cut and printable, and in the title there is none of it', () => {
    const hostile = `\u202e\r\nBcc: x\u0000${'é👋'.repeat(10_000)}`;
    const { title, examples, facts } = alarmNotice(counted(alarm({ message: hostile, at: hostile })));
    expect(title).toBe('Alarm Bypass: an action went round the gate');
    const all = [...examples, ...facts.map(({ text }) => text)].join('');
    expect(all).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect(all.isWellFormed()).toBe(true);
    expect(all.length).toBeLessThan(1_000);
    expect(facts[2]?.text).toBe('kubectl sallyport audit -A --kind Alarm --since 1d');
  });

  test('in short, nothing that somebody else chose', () => {
    const brief = alarmNotice(counted(alarm(), alarm()), { brief: true });
    expect(JSON.stringify(brief)).not.toContain('mallory');
    expect(brief).toMatchObject({ count: 2, examples: [], omitted: '2 not shown here' });
  });
});
