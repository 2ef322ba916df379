import { describe, expect, test } from 'vitest';
import { gateAnnotations } from './gate-annotations.ts';

describe('what the gate says in an audit event', () => {
  test.each<[string, Record<string, string> | undefined, readonly string[]]>([
    ['is nothing without annotations', undefined, []],
    ['stands under the name of one of its webhooks', { 'write-0123abcd.gate.sallyport.dev/decision': 'd1' }, ['d1']],
    [
      'is all of it, where there is more than one',
      { 'a.gate.sallyport.dev/decision': 'd1', 'b.gate.sallyport.dev/decision': 'd2' },
      ['d1', 'd2'],
    ],
    ['is not what another webhook of ours says', { 'validate.own-kinds.sallyport.dev/decision': 'd1' }, []],
    ["is not what somebody else's webhook says", { 'gate.sallyport.dev.evil.example.com/decision': 'd1' }, []],
    ['is not what the API server says', { 'authorization.k8s.io/decision': 'allow' }, []],
    ['is not something else that it says', { 'a.gate.sallyport.dev/request': 'prod/r1' }, []],
  ])('%s', (_what, annotations, said) => {
    expect(gateAnnotations(annotations, 'decision')).toEqual(said);
  });
});
