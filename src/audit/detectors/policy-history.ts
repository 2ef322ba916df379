import type { ApprovalPolicy, PolicySpec } from '../../core/api/kinds.ts';
import { API_VERSION } from '../../core/api/group.ts';
import type { CompiledPolicy, PolicyCompiler } from '../../core/decision/compile.ts';
import type { PolicyChange } from '../../core/evidence/happenings.ts';

/** What a policy was at some time: undefined where it was not there. */
export type PolicyThen = CompiledPolicy | undefined;

interface Version {
  readonly generation: number;
  readonly policy: PolicyThen;
  /** When it came to that at the earliest and at the latest, in milliseconds. */
  readonly from: number;
  readonly since: number;
}

/**
 * The policies as they stood. A change is known only as well as it was watched, and the API server goes by it a little
 * later: of some times there is more than one answer, and all of them are given.
 */
export interface PolicyHistory {
  /** @param earliest when it may have happened at the earliest, @param at and at the latest, in milliseconds */
  change(change: PolicyChange, earliest: number, at: number): void;
  /** It stands, and has for longer than the ledger was read, unless the ledger tells of it. */
  stands(policy: ApprovalPolicy): void;
  /** Of each policy what it may have been from `from` to `until`. */
  during(from: number, until: number): readonly (readonly PolicyThen[])[];
  /** Whatever was over by then is forgotten. */
  forget(before: number): void;
}

const EVER = Number.NEGATIVE_INFINITY;

/** @param settleMs how long after a change API servers may still go by what was before */
export function createPolicyHistory(compile: PolicyCompiler, settleMs: number): PolicyHistory {
  const known = new Map<string, Version[]>();
  const compiled = ({ uid, name, generation }: PolicyChange, spec: PolicySpec): CompiledPolicy =>
    compile({ apiVersion: API_VERSION, kind: 'ApprovalPolicy', metadata: { uid, name, generation }, spec });
  return {
    change(change, earliest, at) {
      const versions = known.get(change.uid) ?? [];
      const isRemoval = change.change === 'Removed';
      const generation = isRemoval ? Number.POSITIVE_INFINITY : change.generation;
      const before = versions.findIndex((version) => version.generation === generation);
      if (before >= 0 && versions[before]?.since !== EVER) return;
      if (before >= 0) versions.splice(before, 1);
      const policy = isRemoval || change.spec === undefined ? undefined : compiled(change, change.spec);
      versions.push({ generation, policy, from: earliest, since: at });
      versions.sort((a, b) => a.generation - b.generation);
      known.set(change.uid, versions);
    },
    stands(policy) {
      const { uid = '', generation = 1 } = policy.metadata;
      const versions = known.get(uid) ?? [];
      if (versions.some((version) => version.generation >= generation)) return;
      known.set(uid, [...versions, { generation, policy: compile(policy), from: EVER, since: EVER }]);
    },
    during: (from, until) =>
      [...known.values()].map((versions) => {
        const isSettled = (version: Version | undefined) => version !== undefined && version.since + settleMs < from;
        const possible = versions
          .filter((version, index) => version.from <= until && !isSettled(versions[index + 1]))
          .map(({ policy }) => policy);
        return isSettled(versions[0]) ? possible : [undefined, ...possible];
      }),
    forget(before) {
      for (const [uid, versions] of known) {
        const last = versions.findLastIndex(({ since }) => since + settleMs < before);
        if (last > 0) versions.splice(0, last);
        if (versions.length === 1 && versions[0]?.policy === undefined && (versions[0]?.since ?? 0) + settleMs < before)
          known.delete(uid);
      }
    },
  };
}
