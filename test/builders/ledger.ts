import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import type { LedgerDeps, LedgerOptions } from '../../src/audit/ledger/open-ledger.ts';
import { LEDGER_LIMITS } from '../../src/audit/ledger/open-ledger.ts';
import type { LedgerEvents } from '../../src/audit/ledger/ledger-events.ts';
import { nodeDisk } from '../../src/audit/ledger/node-disk.ts';
import { createSigningKey, type SigningKey } from '../../src/audit/ledger/signing-key.ts';
import type { Submission } from '../../src/core/evidence/evidence-record.ts';
import type { Clock } from '../../src/ports/clock.ts';

export function useSubmission(id: string, username = 'alice'): Submission {
  return {
    kind: 'Use',
    id: `use/${id}`,
    data: { request: 'prod/exec', requestUID: 'u', decision: id, username, digest: 'sha256:ü' },
  };
}

export function ledgerOptions(directory: string, more: Partial<LedgerOptions> = {}): LedgerOptions {
  return { directory, segmentBytes: 1e6, segmentMs: 3_600_000, recordBytes: 10_000, ...LEDGER_LIMITS, ...more };
}

/** The same in each process, so that a ledger is opened again by whoever had it before. */
export function testSigningKey(): SigningKey {
  // RFC 8410: PKCS#8 of an ed25519 key is this and its 32 bytes.
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), Buffer.alloc(32, 7)]);
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  return createSigningKey(key.export({ type: 'pkcs8', format: 'pem' }).toString());
}

export function newSigningKey(): SigningKey {
  return createSigningKey(newKeyPem());
}

export function newKeyPem(): string {
  return generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** What a ledger told its operator, a line each. */
export function recordedEvents(): LedgerEvents & { readonly told: string[] } {
  const told: string[] = [];
  return {
    told,
    cut: ({ segment, bytes, file }) => told.push(`cut ${bytes} of ${segment} to ${file.replace(/-\d{8}T.*/, '')}`),
    committed: () => undefined,
    sealed: ({ first, last }) => told.push(`sealed ${first} to ${last}`),
    checkpoint: ({ seq }) => told.push(`checkpoint ${seq}`),
    lost: (segment) => told.push(`lost ${segment}`),
    failed: (task, error) => told.push(`${task}: ${error instanceof Error ? error.message : 'unknown'}`),
  };
}

export function ledgerDeps(clock: Clock, more: Partial<LedgerDeps> = {}): LedgerDeps {
  return {
    clock,
    disk: nodeDisk,
    key: testSigningKey(),
    events: recordedEvents(),
    newId: () => '11111111-1111-4111-8111-111111111111',
    ...more,
  };
}
