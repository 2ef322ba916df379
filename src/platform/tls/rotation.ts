import type { X509Certificate } from 'node:crypto';
import { ownsKey, readCertificate, type ServingBundle, type ServingNames, signedBy } from './serving-bundle.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/** Short, because a leaf's key lies in every replica's memory. */
export const LEAF_LIFETIME_MS = 30 * DAY;

/** Long enough for clients that copy the bundle by hand, short enough that rotation is exercised. */
export const CA_LIFETIME_MS = 365 * DAY;

/** Certificates begin this much in the past: the clock of an API server may be behind ours. */
export const BACKDATE_MS = 10 * MINUTE;

/**
 * How long a new authority is only announced before a leaf under it is served. In that time the webhook configurations
 * get the new bundle and every API server sees it; a leaf that came first would be refused by those that are behind.
 */
export const CA_ANNOUNCE_MS = 10 * MINUTE;

/** Renewal at two thirds leaves the last third for a controller that is down. */
const RENEW_AT = 2 / 3;

const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';

export type RotationReason =
  | 'Missing'
  | 'Damaged'
  | 'KeyMismatch'
  | 'NotYetValid'
  | 'Due'
  | 'WrongNames'
  | 'WrongIssuer';

export type RotationDecision =
  /** Nothing to do; ask again at `until` (milliseconds since the epoch) or when the Secret changes. */
  | { readonly action: 'keep'; readonly until: number }
  | { readonly action: 'renew-leaf'; readonly reason: RotationReason }
  | { readonly action: 'renew-ca'; readonly reason: RotationReason };

/**
 * What a serving bundle needs at `now`. Damage, a key of another certificate, missing names and expiry are all reasons
 * to renew: nothing that is read from the Secret is ever an error. The authority goes first; a leaf that its
 * predecessor signed is served on until the new authority was announced.
 */
export function decideRotation(current: ServingBundle | undefined, names: ServingNames, now: number): RotationDecision {
  if (current === undefined) return { action: 'renew-ca', reason: 'Missing' };
  const ca = readCertificate(current.caCertificatePem);
  if (ca === undefined || !ca.ca || !signedBy(ca, ca)) return { action: 'renew-ca', reason: 'Damaged' };
  if (!ownsKey(ca, current.caPrivateKeyPem)) return { action: 'renew-ca', reason: 'KeyMismatch' };
  const caTime = judgeValidity(ca, now);
  if (caTime !== undefined) return { action: 'renew-ca', reason: caTime };

  const leaf = readCertificate(current.certificatePem);
  if (leaf === undefined) return { action: 'renew-leaf', reason: 'Damaged' };
  if (!ownsKey(leaf, current.privateKeyPem)) return { action: 'renew-leaf', reason: 'KeyMismatch' };
  if (!servesAll(leaf, names)) return { action: 'renew-leaf', reason: 'WrongNames' };
  const leafTime = judgeValidity(leaf, now);
  if (leafTime !== undefined) return { action: 'renew-leaf', reason: leafTime };

  if (signedBy(leaf, ca)) return { action: 'keep', until: Math.min(renewAt(ca), renewAt(leaf)) };
  const announcedUntil = ca.validFromDate.getTime() + BACKDATE_MS + CA_ANNOUNCE_MS;
  if (now < announcedUntil && trustedThroughPrevious(leaf, current, now))
    return { action: 'keep', until: announcedUntil };
  return { action: 'renew-leaf', reason: 'WrongIssuer' };
}

/** The old authority stays in the bundle for as long as a replica may still serve a leaf that it signed. */
export function previousCaAfterLeafRenewal(current: ServingBundle): string | undefined {
  const ca = readCertificate(current.caCertificatePem);
  const leaf = readCertificate(current.certificatePem);
  const oldLeafIsGone = ca !== undefined && leaf !== undefined && signedBy(leaf, ca);
  return oldLeafIsGone ? undefined : current.previousCaCertificatePem;
}

function trustedThroughPrevious(leaf: X509Certificate, current: ServingBundle, now: number): boolean {
  const previous = readCertificate(current.previousCaCertificatePem ?? '');
  return previous !== undefined && signedBy(leaf, previous) && now < previous.validToDate.getTime();
}

function judgeValidity(certificate: X509Certificate, now: number): RotationReason | undefined {
  if (now < certificate.validFromDate.getTime()) return 'NotYetValid';
  return now >= renewAt(certificate) ? 'Due' : undefined;
}

function renewAt(certificate: X509Certificate): number {
  const from = certificate.validFromDate.getTime();
  return Math.floor(from + (certificate.validToDate.getTime() - from) * RENEW_AT);
}

function servesAll(leaf: X509Certificate, names: ServingNames): boolean {
  const isForServers = (leaf.keyUsage ?? []).includes(SERVER_AUTH) && !leaf.ca;
  return (
    isForServers &&
    names.dnsNames.every((name) => leaf.checkHost(name, { subject: 'never' }) !== undefined) &&
    names.ipAddresses.every((ip) => leaf.checkIP(ip) !== undefined)
  );
}
