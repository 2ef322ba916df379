import { timingSafeEqual } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { ApprovalRequest, ApprovalVote, RequestSpec, RequestStatus } from '../api/kinds.ts';

/** Keyed hash of a text, in hex. Its key is readable by Sallyport's identities only (R15). */
export type Mac = (text: string) => string;

export type VoteSpec = ApprovalVote['spec'];

export interface SealPorts {
  readonly mac: Mac;
  /** Random letters and digits: no two requests have the same seal. */
  readonly nonce: () => string;
}

/**
 * R15: makes and checks the seals of requests, votes and status. RBAC and admission decide who may write while our webhooks
 * are there; a seal says who wrote, whenever that was.
 */
export interface Seals {
  /** Without the name, which is not known yet when a request is sealed (generateName). */
  request(namespace: string, spec: RequestSpec): string;
  vote(namespace: string, name: string, spec: VoteSpec): string;
  status(requestUID: string, status: RequestStatus): string;
  isRequest(namespace: string, spec: RequestSpec): boolean;
  isVote(vote: ApprovalVote): boolean;
  /** A request just created has no status, which needs no seal. */
  isStatus(request: Pick<ApprovalRequest, 'metadata' | 'status'>): boolean;
}

const VERSION = 'v1';

export function createSeals({ mac, nonce }: SealPorts): Seals {
  return {
    request: (namespace, spec) => sealOfRequest(mac, nonce(), namespace, spec),
    vote: (namespace, name, spec) => sealOfVote(mac, namespace, name, spec),
    status: (requestUID, status) => sealOfStatus(mac, requestUID, status),
    isRequest: (namespace, spec) => {
      const [, sealed, ...more] = (spec.seal ?? '').split('.');
      return sealed !== undefined && more.length === 1 && equal(spec.seal, sealOfRequest(mac, sealed, namespace, spec));
    },
    isVote: ({ metadata, spec }) =>
      equal(spec.seal, sealOfVote(mac, metadata.namespace ?? '', metadata.name ?? '', spec)),
    isStatus: ({ metadata, status }) =>
      status === undefined || equal(status.seal, sealOfStatus(mac, metadata.uid ?? '', status)),
  };
}

/** Everything that was stamped or written, but the reason, which may be filled in later: `v1.<nonce>.<mac>`. */
function sealOfRequest(mac: Mac, nonce: string, namespace: string, spec: RequestSpec): string {
  const { seal: _seal, reason: _reason, ...sealed } = spec;
  return `${VERSION}.${nonce}.${mac(textOf('ApprovalRequest', [nonce, namespace, sealed]))}`;
}

/** The whole vote. It names its request's uid, so that it is good for no other. */
function sealOfVote(mac: Mac, namespace: string, name: string, spec: VoteSpec): string {
  const { seal: _seal, ...sealed } = spec;
  return `${VERSION}.${mac(textOf('ApprovalVote', [namespace, name, sealed]))}`;
}

/** The whole status of the request of this uid. */
function sealOfStatus(mac: Mac, requestUID: string, status: RequestStatus): string {
  const { seal: _seal, ...sealed } = status;
  return `${VERSION}.${mac(textOf('ApprovalRequest/status', [requestUID, sealed]))}`;
}

/** Whether request and status were written by us as they stand. What is not is treated as if it were not there. */
export function isGenuine(request: ApprovalRequest, seals: Pick<Seals, 'isRequest' | 'isStatus'>): boolean {
  return seals.isRequest(request.metadata.namespace ?? '', request.spec) && seals.isStatus(request);
}

/** No text of one kind is a text of another: the kind is part of it. */
function textOf(kind: string, parts: readonly unknown[]): string {
  return canonicalize([`sallyport.dev/seal/${VERSION}`, kind, ...parts]) ?? '';
}

/** In constant time: how long a comparison takes must not tell how much of a guess was right. */
function equal(seal: string | undefined, expected: string): boolean {
  const [a, b] = [Buffer.from(seal ?? '', 'utf8'), Buffer.from(expected, 'utf8')];
  return a.length === b.length && timingSafeEqual(a, b);
}
