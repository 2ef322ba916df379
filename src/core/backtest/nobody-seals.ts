import type { Seals } from '../approval/seal.ts';

/** Where there is no request, nothing is sealed. */
export const nobodySeals: Seals = {
  request: () => '',
  vote: () => '',
  status: () => '',
  isRequest: () => false,
  isVote: () => false,
  isStatus: () => false,
};
