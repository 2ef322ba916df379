import type { ApprovalRequest, ApprovalVote } from '../core/api/kinds.ts';
import type { Surroundings } from '../core/notice/surroundings.ts';
import type { Seals } from '../core/approval/seal.ts';
import type { Hmac } from '../core/attributes/canonical-object.ts';
import type { PolicyCompiler } from '../core/decision/compile.ts';
import type { Config } from '../platform/config/schema.ts';
import type { WatchedPeople } from '../platform/identity/people-source.ts';
import type { KubeClient } from '../platform/kube/client.ts';
import type { Logger } from '../platform/telemetry/logger.ts';
import type { Metrics } from '../platform/telemetry/metrics.ts';
import type { Secret } from '../platform/telemetry/redact.ts';
import type { Acts } from '../ports/acts.ts';
import type { Clock } from '../ports/clock.ts';
import type { OpenLedger } from '../audit/ledger/open-ledger.ts';
import type { Ledger } from '../ports/ledger.ts';
import type { Identities } from '../webhook/own-kinds/identities.ts';
import type { ClusterView } from './cluster-view.ts';

/** What every role of a process is wired from. */
export interface Process {
  readonly config: Config;
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly view: ClusterView;
  readonly votesOf: (requestUID: string) => readonly ApprovalVote[];
  readonly compile: PolicyCompiler;
  readonly hmac: Hmac;
  readonly seals: Seals;
  readonly identities: Identities;
  readonly people: WatchedPeople;
  /** For messages: what memory has of the namespaces and policies of a request. */
  readonly surroundingsOf: (request: ApprovalRequest) => Surroundings;
  readonly acts: Acts;
  /** Of the role audit. */
  readonly ledger: ProcessLedger;
  /** Of what browsers keep for the console. */
  readonly sessionKey: Secret<Buffer>;
}

/**
 * The ledger of a process with the role audit. It belongs to the process: the webhook writes into it until the last command
 * that it let in was answered, long after the parts of the role audit have ended.
 */
export interface ProcessLedger extends AsyncDisposable {
  /** Undefined while it is not open. */
  current(): Ledger | undefined;
  /** False from an append that failed, whoever's it was, until one succeeds: a full disk is known before a use. */
  writable(): boolean;
  /** As soon as its key and its directory can be used; undefined when the signal came first. Called once. */
  open(signal: AbortSignal): Promise<OpenLedger | undefined>;
}

/** A role: it runs until the signal, and its fatal error ends the process. */
export interface Role {
  readonly name: string;
  ready(): boolean;
  /** What keeps it from serving, for `/readyz`, whose reader need not be trusted. Undefined where nothing does. */
  waitsFor?(): string | undefined;
  run(signal: AbortSignal): Promise<void>;
}
