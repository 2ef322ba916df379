import { expect, test } from 'vitest';
import { chooseProvider, type Machine, type Provider } from './provide.ts';

const nothing: Machine = { dockerAnswers: false, hasKind: false, isLinuxRoot: false };

const cases: Record<string, [wanted: string | undefined, machine: Partial<Machine>, provider: Provider]> = {
  'kind where Docker answers and kind is there': [
    'auto',
    { dockerAnswers: true, hasKind: true, isLinuxRoot: true },
    'kind',
  ],
  'the binary where kind is there without Docker': ['auto', { hasKind: true, isLinuxRoot: true }, 'binary'],
  'the binary where Docker is there without kind': ['auto', { dockerAnswers: true, isLinuxRoot: true }, 'binary'],
  'unset means auto': [undefined, { isLinuxRoot: true }, 'binary'],
  'what is asked for, whatever there is': ['current', { dockerAnswers: true, hasKind: true }, 'current'],
};

test.each(Object.entries(cases))('%s', (_, [wanted, machine, provider]) => {
  expect(chooseProvider(wanted, { ...nothing, ...machine })).toBe(provider);
});

test('where nothing is possible the message says what would be', () => {
  expect(() => chooseProvider('auto', nothing)).toThrow(/Docker and install kind, or run as root on Linux/);
});

test('a typing error is not taken for auto', () => {
  expect(() => chooseProvider('knid', { ...nothing, isLinuxRoot: true })).toThrow('CLUSTER=knid is none of');
});
