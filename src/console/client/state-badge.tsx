import type { VNode } from 'preact';
import type { State } from '../../core/api/kinds.ts';

/** A shape for every state, to be told apart without colour. */
const SHAPES: Readonly<Record<State, string>> = {
  Pending:
    'M8 1.5a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13zm0 2a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9zM7 5h2v2.6l1.7 1.7-1.4 1.4L7 8.4z',
  Approved: 'M8 1.5a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13zM7 11l5-5-1.3-1.3L7 8.4 5.3 6.7 4 8z',
  Denied: 'M5 1.5h6L14.5 5v6L11 14.5H5L1.5 11V5zM4.5 7v2h7V7z',
  Expired: 'M3 1.5h10v2L9.5 8l3.5 4.5v2H3v-2L6.5 8 3 3.5zm2.5 2L8 6.7l2.5-3.2z',
  Consumed: 'M2 2h12v12H2zm5 9 5-5-1.3-1.3L7 8.4 5.3 6.7 4 8z',
  Revoked:
    'M8 1.5a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13zM4.6 9.9l5.3-5.3A4.5 4.5 0 0 0 4.6 9.9zm1.5 1.5a4.5 4.5 0 0 0 5.3-5.3z',
  Cancelled: 'm3.4 2 4.6 4.6L12.6 2 14 3.4 9.4 8l4.6 4.6-1.4 1.4L8 9.4 3.4 14 2 12.6 6.6 8 2 3.4z',
};

export function StateBadge({ state }: { state: State }): VNode {
  return (
    <span class={`state ${state.toLowerCase()}`}>
      <svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true" focusable="false">
        <path d={SHAPES[state]} fill="currentColor" fill-rule="evenodd" />
      </svg>
      {state}
    </span>
  );
}
