import { describe, expect, test } from 'vitest';
import { configSchema } from '../platform/config/schema.ts';
import { allUsernames, identitiesOf } from './identity.ts';

const SELF = { username: 'sallyport', hasCredentialId: true };
const identities = (given: object) => identitiesOf(configSchema.parse({ identities: given }), SELF);

describe('[R22] the identities of the channels', () => {
  test('are our own where none are named', () => {
    const { voteOnBehalf } = identities({});
    expect(voteOnBehalf).toEqual({ slack: new Set(['sallyport']), console: new Set(['sallyport']) });
  });

  test('are those that are named, each for its own channel, and not ours besides', () => {
    const { voteOnBehalf } = identities({ voteOnBehalf: { slack: ['s'], console: ['c'] } });
    expect(voteOnBehalf).toEqual({ slack: new Set(['s']), console: new Set(['c']) });
  });

  test('do not pass the gate by that', () => {
    const named = { writeStatus: ['w'], openForOthers: ['o'], retention: ['r'] };
    const all = allUsernames(identities({ ...named, voteOnBehalf: { slack: ['s'], console: ['c'] } }));
    expect(all).toEqual(new Set(['w', 'o', 'r']));
  });
});
