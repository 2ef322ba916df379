import { createHmac } from 'node:crypto';
import { createSeals, type Seals } from '../../src/core/approval/seal.ts';

/** For tests of something else: everything counts, sealed or not. */
export const TRUSTING: Seals = {
  request: () => 'v1.nonce.seal',
  vote: () => 'v1.seal',
  status: () => 'v1.seal',
  isRequest: () => true,
  isVote: () => true,
  isStatus: () => true,
};

/** Seals as the process makes them, under this key. */
export function sealsOf(key: string): Seals {
  let nonces = 0;
  return createSeals({
    mac: (text) => createHmac('sha256', key).update(text).digest('hex'),
    nonce: () => {
      nonces += 1;
      return `nonce${nonces}`;
    },
  });
}
