import type { VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { VoteDecision } from '../../core/api/kinds.ts';
import type { RequestDetail } from '../api.ts';
import { useConsole } from './console-context.ts';
import { Content } from './content.tsx';
import { DECISION_WORDS, reasonCount, reasonFault } from './decision-words.ts';
import { Facts, Warnings } from './request-parts.tsx';
import { Text } from './text.tsx';
import { overtakenBy } from './overtaken.ts';

interface Props {
  readonly decision: VoteDecision;
  /** As it was when the dialog opened: the vote is for this, whatever has become of it since. */
  readonly shown: RequestDetail;
  readonly current: RequestDetail;
  readonly onClose: () => void;
  readonly onDone: (after: RequestDetail) => void;
  /** The server says that it is no longer what was shown. */
  readonly onChanged: () => void;
}

/** Asks once, saying what exactly, and for a reason. */
export function VoteDialog({ decision, shown, current, onClose, onDone, onChanged }: Props): VNode {
  const { api, me } = useConsole();
  const dialog = useRef<HTMLDialogElement>(null);
  const [reason, setReason] = useState('');
  const [sending, setSending] = useState(false);
  const [refused, setRefused] = useState<string | undefined>(undefined);
  const words = DECISION_WORDS[decision];
  const overtaken = overtakenBy(decision, shown, current);
  useEffect(() => dialog.current?.showModal(), []);

  async function send(): Promise<void> {
    const fault = reasonFault(decision, reason) ?? overtaken;
    setRefused(fault);
    if (fault !== undefined || sending) return;
    setSending(true);
    const trimmed = reason.trim();
    const body = {
      uid: shown.uid,
      digest: shown.digest,
      decision,
      ...(trimmed === '' ? {} : { reason: trimmed }),
    };
    const answer = await api.cast(shown.namespace, shown.name, body, me.csrfToken);
    if (answer.ok) {
      // Nothing behind an open dialog takes the focus.
      dialog.current?.close();
      onDone(answer.value);
      return;
    }
    setSending(false);
    setRefused(answer.problem.message);
    if (answer.status !== 0) onChanged();
  }

  return (
    <dialog
      ref={dialog}
      aria-labelledby="vote-title"
      class="vote"
      onClose={onClose}
      onKeyDown={(event) => {
        // Wherever in it the focus is.
        if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
        event.preventDefault();
        void send();
      }}
    >
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void send();
        }}
      >
        <h2 id="vote-title">{words.question}</h2>
        <p>
          <span class="who">
            <Text>{shown.requester.person ?? shown.requester.username}</Text>
          </span>
          {': '}
          <code>
            <Text>{shown.action}</Text>
          </code>
          {' on '}
          <code>
            <Text>{shown.target}</Text>
          </code>
        </p>
        <Warnings detail={shown} />
        {shown.content === undefined ? null : <Content content={shown.content} />}
        <Facts detail={shown} deciding={decision} />
        <p class="muted">{words.meaning}</p>
        <label class="reason">
          Reason{words.reasonRequired ? ' (required)' : ''}
          <textarea
            rows={3}
            required={words.reasonRequired}
            aria-invalid={refused !== undefined && reasonFault(decision, reason) !== undefined}
            value={reason}
            aria-describedby="reason-count"
            onInput={(event) => setReason(event.currentTarget.value)}
          />
        </label>
        <p id="reason-count" class="muted count-of">
          {reasonCount(reason)}
        </p>
        <div role="alert" class="refused">
          {overtaken === undefined && refused === undefined ? null : (
            <p>
              <Text>{refused ?? overtaken ?? ''}</Text>
            </p>
          )}
        </div>
        <div class="dialog-actions">
          <button type="submit" class="button primary" disabled={sending || overtaken !== undefined}>
            {sending ? 'Sending' : words.verb}
          </button>
          <button type="button" class="button" onClick={() => dialog.current?.close()}>
            Do nothing
          </button>
        </div>
      </form>
    </dialog>
  );
}
