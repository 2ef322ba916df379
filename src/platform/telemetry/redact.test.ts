import { format, inspect } from 'node:util';
import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import { Secret } from './redact.ts';

describe('a secret', () => {
  const secret = new Secret('hunter2');

  test('is revealed on request only', () => {
    expect(secret.reveal()).toBe('hunter2');
  });

  test.each<[string, () => string]>([
    ['string conversion', () => String(secret)],
    ['concatenation', () => ['', secret].join('')],
    ['JSON', () => JSON.stringify({ secret })],
    ['inspect', () => inspect({ secret }, { showHidden: true, depth: 9 })],
    ['format', () => format('%s %o %j', secret, secret, secret)],
    ['a copy of its fields', () => JSON.stringify(Object.assign({}, secret))],
    ['a structured clone', () => JSON.stringify(structuredClone(secret))],
    ['the log', () => logged({ secret, nested: { list: [secret] } })],
  ])('is not in %s', (_, print) => {
    expect(print()).not.toContain('hunter2');
  });

  test('says that something was left out', () => {
    expect([String(secret), JSON.stringify(secret), inspect(secret)]).toEqual([
      '[redacted]',
      '"[redacted]"',
      '[redacted]',
    ]);
  });
});

function logged(fields: object): string {
  let line = '';
  pino({}, { write: (text: string) => (line += text) }).info(fields, 'message');
  return line;
}
