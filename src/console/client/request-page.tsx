import type { VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { VoteDecision } from '../../core/api/kinds.ts';
import type { Change, RequestDetail } from '../api.ts';
import { Actions } from './actions.tsx';
import { Countdown, Time } from './clock.tsx';
import { useConsole } from './console-context.ts';
import { Content } from './content.tsx';
import { DECISION_WORDS } from './decision-words.ts';
import { Heading } from './heading.tsx';
import { Link } from './link.tsx';
import { Facts, History, Policies, RawObject, Stages, Warnings } from './request-parts.tsx';
import { StateBadge } from './state-badge.tsx';
import { Text } from './text.tsx';
import { useResource } from './use-resource.ts';
import { VoteDialog } from './vote-dialog.tsx';

interface Props {
  readonly namespace: string;
  readonly name: string;
  readonly total: number;
}

/** One request: what an approver must see before approving, and the buttons. */
export function RequestPage({ namespace, name, total }: Props): VNode {
  const { api, me, subscribe, announce } = useConsole();
  const concerns = (change: Change | 'All'): boolean =>
    change === 'All' || (change.namespace === namespace && change.name === name);
  const loaded = useResource(name, () => api.detail(namespace, name), subscribe, concerns);
  const { value: detail, problem } = loaded;
  const [voting, setVoting] = useState<{ decision: VoteDecision; shown: RequestDetail } | undefined>(undefined);
  const ownVote = useRef(false);
  useStateAnnounced(detail, announce, ownVote);
  const replaced = useReplaced(detail);

  if (detail === undefined) {
    if (problem === undefined) return <p aria-busy="true">Loading …</p>;
    return (
      <>
        <Heading title="No request" total={total}>
          {problem.status === 404 ? 'There is no such request' : 'This request cannot be shown'}
        </Heading>
        <p>
          <code>
            <Text>{`${namespace}/${name}`}</Text>
          </code>
          : <Text>{problem.problem.message}</Text>
        </p>
      </>
    );
  }
  return (
    <article class="request">
      <header>
        <Heading title={`${detail.action} on ${detail.target}`} total={total}>
          <span class="who">
            <Text>{detail.requester.person ?? detail.requester.username}</Text>
          </span>
          {': '}
          <code>
            <Text>{detail.action}</Text>
          </code>
          {' on '}
          <code>
            <Text>{detail.target}</Text>
          </code>
        </Heading>
        <p class="standing">
          <StateBadge state={detail.state} />
          <span>{detail.approvals} approved</span>
          {detail.expiresAt !== undefined && (detail.state === 'Pending' || detail.state === 'Approved') ? (
            <Countdown until={detail.expiresAt} what="expires" onOver={loaded.reload} />
          ) : null}
          <Time at={detail.createdAt} before="asked" />
          <code class="muted">
            <Text>{`${namespace}/${name}`}</Text>
          </code>
        </p>
      </header>
      {problem === undefined ? null : (
        <p class="banner" role="alert">
          {problem.status === 404 ? 'This request is gone. ' : 'What is shown may be old: '}
          <Text>{problem.problem.message}</Text>
        </p>
      )}
      {replaced ? (
        <p class="banner" role="alert">
          Another request of the same name has taken the place of the one that you were reading. Read it anew.
        </p>
      ) : null}
      <div class="what">
        <Warnings detail={detail} />
        {detail.content === undefined ? null : <Content content={detail.content} />}
        <Facts detail={detail} />
      </div>
      <aside class="decide" aria-label="Decision">
        <Actions detail={detail} onChoose={(decision) => setVoting({ decision, shown: detail })} />
        <Stages detail={detail} />
      </aside>
      <div class="more">
        <History detail={detail} />
        {me.evidence === true ? (
          <p>
            <Link to={{ page: 'Evidence', filters: { namespace, request: `${namespace}/${name}` } }}>
              The evidence of this request
            </Link>
          </p>
        ) : null}
        <Policies detail={detail} />
        <RawObject detail={detail} />
      </div>
      {voting === undefined ? null : (
        <VoteDialog
          key={voting.decision}
          {...voting}
          current={detail}
          onClose={() => setVoting(undefined)}
          onChanged={loaded.reload}
          onDone={(after) => {
            announce(`${DECISION_WORDS[voting.decision].done} The request is now ${after.state}.`);
            ownVote.current = true;
            loaded.set(after);
            setVoting(undefined);
            // The button that opened the dialog may be gone.
            document.querySelector<HTMLElement>('#content h1')?.focus();
          }}
        />
      )}
    </article>
  );
}

/** Says it when somebody else has moved the request on; of an own vote more has been said already. */
function useStateAnnounced(
  detail: RequestDetail | undefined,
  announce: (text: string) => void,
  ownVote: { current: boolean },
): void {
  const before = useRef<string | undefined>(undefined);
  const now = detail === undefined ? undefined : `${detail.state}, ${detail.approvals} approved`;
  useEffect(() => {
    const moved = now !== undefined && before.current !== undefined && now !== before.current;
    if (moved && !ownVote.current) announce(`Now ${now}.`);
    if (moved) ownVote.current = false;
    if (now !== undefined) before.current = now;
  }, [now, announce, ownVote]);
}

/** Whether it is another request, or another action, than the one that was shown first. */
function useReplaced(detail: RequestDetail | undefined): boolean {
  const first = useRef<string | undefined>(undefined);
  if (detail === undefined) return false;
  const identity = `${detail.uid} ${detail.digest}`;
  first.current ??= identity;
  return first.current !== identity;
}
