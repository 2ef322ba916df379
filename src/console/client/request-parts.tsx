import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import type { State, VoteDecision } from '../../core/api/kinds.ts';
import type { RequestDetail } from '../api.ts';
import { Time } from './clock.tsx';
import { Lines, Text } from './text.tsx';

interface Props {
  readonly detail: RequestDetail;
}

export function Warnings({ detail: { warnings } }: Props): VNode | null {
  if (warnings.length === 0) return null;
  return (
    <ul class="warnings" aria-label="Warnings">
      {warnings.map((warning) => (
        <li key={warning}>
          <strong>Warning</strong> <Text>{warning}</Text>
        </li>
      ))}
    </ul>
  );
}

/** These stand at the top and beside the buttons, and move there. */
const SHOWN_ELSEWHERE = ['Expires', 'Progress', 'Request'];

/** What decides a vote, once more where it is confirmed. */
const DECIDING = ['Target', 'Namespace', 'Grants', 'Reason', 'Break-glass reason', 'Ticket'];

export function Facts({ detail, deciding }: Props & { deciding?: VoteDecision }): VNode {
  const facts = detail.facts
    .filter(({ label }) => (deciding === undefined ? !SHOWN_ELSEWHERE.includes(label) : DECIDING.includes(label)))
    .map(({ label, text }) => ({
      label,
      text: deciding === 'BreakGlass' && label === 'Grants' ? (detail.breakGlassGrants ?? text) : text,
    }));
  const { digest } = detail;
  return (
    <section>
      {deciding !== undefined ? null : <h2>Request</h2>}
      <dl class="facts">
        {facts.map(({ label, text }) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>
              <Lines text={text} />
            </dd>
          </div>
        ))}
        <div>
          <dt>Digest</dt>
          <dd>
            <code>
              <Text>{digest}</Text>
            </code>
          </dd>
        </div>
      </dl>
    </section>
  );
}

export function Stages({ detail: { stages, state } }: Props): VNode | null {
  if (stages.length === 0) return null;
  return (
    <section>
      <h2>Approvals</h2>
      <ol class="stages">
        {stages.map((stage) => (
          <li key={`${stage.policy} ${stage.name}`} class={stage.open ? 'open' : ''}>
            <p>
              <strong>
                <Text>{stage.name}</Text>
              </strong>{' '}
              <span class="progress">
                <span aria-hidden="true">{dots(stage.approved, stage.required)}</span> {stage.approved} of{' '}
                {stage.required}
              </span>{' '}
              <span class="muted">{standing(stage, state)}</span>
            </p>
            <p class="muted">
              <Text>{stage.approvers.join(', ')}</Text>
            </p>
          </li>
        ))}
      </ol>
    </section>
  );
}

export function History({ detail: { timeline } }: Props): VNode | null {
  if (timeline.length === 0) return null;
  return (
    <section>
      <h2>What happened</h2>
      <ol class="timeline">
        {timeline.map(({ at, text }, index) => (
          <li key={index}>
            <Time at={at} />
            <span>
              <Text>{text}</Text>
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}

export function Policies({ detail: { policies } }: Props): VNode | null {
  if (policies.length === 0) return null;
  return (
    <section>
      <h2>{policies.length === 1 ? 'Policy' : 'Policies'}</h2>
      <ul class="policies">
        {policies.map((policy) => (
          <li key={policy}>
            <code>
              <Text>{policy}</Text>
            </code>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Folded, and not made before it is opened: it may be long. */
export function RawObject({ detail: { object } }: Props): VNode | null {
  const [open, setOpen] = useState(false);
  if (object === undefined) return null;
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>The action as it is stored</summary>
      {open ? (
        <pre tabIndex={0} role="region" aria-label="The action as it is stored">
          <Lines text={JSON.stringify(object, undefined, 2)} />
        </pre>
      ) : null}
    </details>
  );
}

/** More than this many are no longer counted at a glance. */
const MOST_DOTS = 8;

function dots(approved: number, required: number): string {
  if (required > MOST_DOTS) return '';
  return '●'.repeat(Math.min(approved, required)) + '○'.repeat(Math.max(0, required - approved));
}

function standing({ approved, required, open }: RequestDetail['stages'][number], state: State): string {
  if (approved >= required) return 'done';
  if (state !== 'Pending') return 'not reached';
  return open ? 'open' : 'not open yet';
}
