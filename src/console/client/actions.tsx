import type { VNode } from 'preact';
import type { VoteDecision } from '../../core/api/kinds.ts';
import type { RequestDetail } from '../api.ts';
import { DECISION_WORDS } from './decision-words.ts';
import { allowed, refusals } from './refusals.ts';
import { Text } from './text.tsx';

interface Props {
  readonly detail: RequestDetail;
  readonly onChoose: (decision: VoteDecision) => void;
}

/** What the viewer may do now; of the rest, why not. */
export function Actions({ detail: { may }, onChoose }: Props): VNode {
  const possible = allowed(may);
  return (
    <section>
      <h2>{possible.length === 0 ? 'Nothing for you to decide' : 'Your decision'}</h2>
      {possible.length === 0 ? null : (
        <div class="actions">
          {possible.map((decision) => (
            <button
              key={decision}
              type="button"
              class={decision === 'Approve' || decision === 'Acknowledge' ? 'button primary' : 'button'}
              onClick={() => onChoose(decision)}
            >
              {DECISION_WORDS[decision].verb} …
            </button>
          ))}
        </div>
      )}
      <ul class="refusals">
        {refusals(may).map(({ decisions, message }) => (
          <li key={message}>
            <div>
              {decisions.map((decision) => (
                <button key={decision} type="button" class="button small" disabled>
                  {DECISION_WORDS[decision].verb}
                </button>
              ))}
            </div>
            <span>
              <Text>{message}</Text>
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
