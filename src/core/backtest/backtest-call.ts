import type { BacktestReport } from './report.ts';

/** A virtual resource of the group of evidence: creating one runs it, and nothing is stored. */
export const BACKTESTS = 'backtests';

/** The right, over all of the cluster, to say for whom a run is (`by`): the console's, which asks as itself for everybody. */
export const RELAY = 'relay';

/** Which policies are tried on which part of the evidence. */
export interface BacktestCall {
  /** Kubernetes username of whoever it is for: of each person one runs at a time. It gives no rights. */
  readonly by: string;
  /** Absent: of all namespaces, and of what has none. */
  readonly namespace?: string;
  /** YAML or JSON with ApprovalPolicies. `from` says in messages where it came from. */
  readonly manifests: readonly { readonly from: string; readonly text: string }[];
  /** RFC 3339; of when the API server received what is looked at. Up to now. */
  readonly since: string;
}

/** What is told while one runs, each as a line of JSON. After the first that is no Progress nothing follows. */
export type BacktestNews =
  | {
      readonly type: 'Progress';
      readonly events: number;
      /** Of the segments in question, uncompressed as they are; of a call for one namespace, thousandths of them. */
      readonly bytes: number;
      readonly totalBytes: number;
    }
  | {
      readonly type: 'Report';
      readonly report: BacktestReport;
      /** Several replicas may keep a ledger each: this is of one of them. */
      readonly ofOneLedger: boolean;
    }
  /** By the policies as they were written, or by how many they are: every problem, raw. */
  | { readonly type: 'Refused'; readonly problems: readonly string[] }
  /** For people. */
  | { readonly type: 'Failed'; readonly message: string };
