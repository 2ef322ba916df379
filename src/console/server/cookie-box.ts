import { createCipheriv, createDecipheriv, createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { Secret } from '../../platform/telemetry/redact.ts';

/** What a cookie is for: one of one purpose is none of another. */
export type Purpose = 'Session' | 'SignIn';

/**
 * Values that browsers keep for us: sealed by AES-256-GCM under a key that every replica has, so that each serves whoever
 * any of them signed in, and a restart signs nobody out. Nobody reads or makes one without the key.
 */
export interface CookieBox {
  seal(purpose: Purpose, value: unknown): string;
  /** Undefined for whatever was not sealed here for this purpose. */
  open(purpose: Purpose, sealed: string): unknown;
  /** Of a session: what a page of ours knows and a page of another site does not. */
  csrfToken(sessionId: string): string;
}

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;

/** What a sealed value may unpack to: 512 groups of 1,024 letters would not fit a cookie, packed or not. */
const MAX_UNPACKED_BYTES = 1024 * 1024;

export function createCookieBox(key: Secret<Buffer>, randomBytes: (count: number) => Buffer): CookieBox {
  const derive = (use: string) =>
    Buffer.from(hkdfSync('sha256', key.reveal(), '', `sallyport.dev/console/${use}/v1`, KEY_BYTES));
  const sealing = derive('cookie');
  const csrf = derive('csrf');
  return {
    seal: (purpose, value) => {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv('aes-256-gcm', sealing, nonce).setAAD(Buffer.from(purpose));
      const packed = deflateRawSync(JSON.stringify(value));
      return Buffer.concat([nonce, cipher.update(packed), cipher.final(), cipher.getAuthTag()]).toString('base64url');
    },
    open: (purpose, sealed) => {
      const bytes = Buffer.from(sealed, 'base64url');
      if (bytes.length <= NONCE_BYTES + TAG_BYTES) return undefined;
      try {
        const decipher = createDecipheriv('aes-256-gcm', sealing, bytes.subarray(0, NONCE_BYTES), {
          authTagLength: TAG_BYTES,
        });
        decipher.setAAD(Buffer.from(purpose)).setAuthTag(bytes.subarray(-TAG_BYTES));
        const packed = Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
        return JSON.parse(inflateRawSync(packed, { maxOutputLength: MAX_UNPACKED_BYTES }).toString('utf8')) as unknown;
      } catch {
        return undefined;
      }
    },
    csrfToken: (sessionId) => createHmac('sha256', csrf).update(sessionId).digest('base64url'),
  };
}

/** In constant time: how long it takes must not tell how much of a guess was right. */
export function equalTexts(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given, 'utf8'), Buffer.from(expected, 'utf8')];
  return a.length === b.length && timingSafeEqual(a, b);
}
