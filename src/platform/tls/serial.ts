import { CertificateIssueError } from './certificate-issue-error.ts';

/** CA/Browser Forum asks for 64 bits of entropy at least; RFC 5280 §4.1.2.2 allows 20 octets. */
export const SERIAL_BYTES = 16;

/** The hexadecimal form of a serial as a positive DER INTEGER: shortest form, top bit clear. */
export function toSerialHex(serial: Uint8Array): string {
  if (serial.length !== SERIAL_BYTES) throw new CertificateIssueError(`a serial has ${SERIAL_BYTES} bytes`);
  const first = serial.findIndex((byte) => byte !== 0);
  if (first === -1) throw new CertificateIssueError('a serial is not zero');
  const hex = Buffer.from(serial.subarray(first)).toString('hex');
  return serial[first]! >= 0x80 ? `00${hex}` : hex;
}
