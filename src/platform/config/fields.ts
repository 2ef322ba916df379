import { z } from 'zod';

const MIB = 1024 * 1024;

/** Nobody means more by a number of bytes; it keeps a slip of the pen from becoming "no limit". */
const MAX_BYTES = 1024 * MIB;

/** RFC 1123 label: namespaces and Services. */
export function dnsLabel() {
  return z.string().regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, 'must be a DNS label (RFC 1123)');
}

/** RFC 1123 subdomain: most other names of Kubernetes objects. */
export function dnsSubdomain() {
  const label = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
  return z
    .string()
    .max(253)
    .regex(new RegExp(`^${label}(\\.${label})*$`), 'must be a DNS subdomain (RFC 1123)');
}

export function host() {
  return z.string().min(1).max(253);
}

/** A file of this machine. */
export function path() {
  return z.string().min(1).max(4096);
}

/** 0 takes a free port. */
export function listenPort() {
  return z.int().min(0).max(65_535);
}

/** Kubernetes usernames. `system:masters` and the like are groups; a name is compared as a whole. */
export function usernames() {
  return z.array(z.string().min(1).max(1024)).max(64).default([]);
}

export function bytes(defaultBytes: number, reason: string, least = 1024) {
  return z.int().min(least).max(MAX_BYTES).default(defaultBytes).describe(reason);
}

export function count(max: number, defaultCount: number, reason: string) {
  return z.int().min(1).max(max).default(defaultCount).describe(reason);
}

/** Less than a tenth of a second would be a loop that never rests. */
export function seconds(max: number, defaultSeconds: number, reason: string) {
  return z.number().min(0.1).max(max).default(defaultSeconds).describe(reason);
}

export function mebibytes(amount: number): number {
  return amount * MIB;
}

/** With its certificate checked; plain http is for addresses of this machine alone. */
export function httpsUrl() {
  return z
    .url({ protocol: /^https?$/, error: 'must be an https URL' })
    .max(2048)
    .refine(
      (url) => /^https:|^http:\/\/(127\.\d+\.\d+\.\d+|\[::1\]|localhost)(:|\/|$)/.test(url),
      'must be an https URL',
    )
    .refine((url) => !/[@#]/.test(url), 'must have no user and no fragment');
}
