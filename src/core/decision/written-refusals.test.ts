import { expect, test } from 'vitest';
import { asksForTheSame, homeIn, livesIn, sameIn } from './written-refusals.ts';

const relayed = (words: string) => `admission webhook "own.sallyport.dev" denied the request: ${words}`;

test('the words of a refusal are read back as they were written', () => {
  expect(homeIn(relayed(livesIn('sallyport-system')))).toBe('sallyport-system');
  expect(sameIn(relayed(asksForTheSame('prod/exec-web-0-1a2b3c4d', 'Pending')))).toEqual({
    namespace: 'prod',
    name: 'exec-web-0-1a2b3c4d',
  });
});

test('what is said of something else, or goes on behind them, is none of them', () => {
  expect(homeIn(relayed(`${livesIn('prod')}/../x`))).toBeUndefined();
  expect(sameIn(relayed('prod/a asks for the same and is denied'))).toBeUndefined();
  expect(sameIn(relayed(`${asksForTheSame('prod/a', 'Pending')} x`))).toBeUndefined();
});
