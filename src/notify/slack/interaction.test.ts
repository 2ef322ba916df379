import { expect, test } from 'vitest';
import { execRequest } from '../../../test/builders/exec-request.ts';
import { REASON_BLOCK, REASON_INPUT } from './blocks-modal.ts';
import { buttonValue } from './button-value.ts';
import { formMetadata, parseSubmission } from './interaction.ts';

const request = execRequest();
const value = buttonValue({ ...request, metadata: { ...request.metadata, uid: 'uid-1' } }) ?? '';
const form = (reason: string) => ({
  type: 'view_submission',
  user: { id: 'U0123ABCD', team_id: 'T0123ABCD' },
  view: {
    id: 'V1',
    hash: 'h',
    private_metadata: formMetadata(value, { channel: 'C0123ABCD', ts: '1700000000.000100' }, 'Deny'),
    state: { values: { [REASON_BLOCK]: { [REASON_INPUT]: { value: reason } } } },
  },
});

test.each([
  ['blank', '  \n ', 'Blank'],
  ['too long', 'x'.repeat(5_000), 'TooLong'],
  ['of use', ' because ', { reason: 'because', decision: 'Deny' }],
])('a reason that is %s', (_, reason, expected) => {
  const parsed = parseSubmission(form(reason));
  if (typeof expected === 'string') expect(parsed).toBe(expected);
  else expect(parsed).toMatchObject(expected);
});
