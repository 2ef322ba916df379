import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { BacktestForm } from './backtest-form.tsx';
import { BacktestResult } from './backtest-result.tsx';
import { useConsole } from './console-context.ts';
import { Heading } from './heading.tsx';
import { Text } from './text.tsx';
import { type Backtest, useBacktest } from './use-backtest.ts';
import { useResource } from './use-resource.ts';

/** What a policy would have done to what has happened, as far as the evidence tells. */
export function BacktestPage({ total }: { total: number }): VNode {
  const { api } = useConsole();
  const [namespace, setNamespace] = useState('');
  const choices = useResource(`backtest ${namespace}`, () => api.backtestChoices(namespace), nobody, nothing);
  const { backtest, start, cancel } = useBacktest();
  const { value, problem } = choices;
  return (
    <>
      <Heading title="Back-test" total={total}>
        Back-test
      </Heading>
      <p class="muted lead">
        What a policy would have held, and whom it would have asked, by the events of the API server in the ledger.
        Nothing is stored, and nobody is asked.
      </p>
      {problem === undefined ? null : (
        <p class="banner" role="alert">
          <Text>{problem.problem.message}</Text>
        </p>
      )}
      <BacktestForm
        choices={problem === undefined ? value : undefined}
        running={backtest.status === 'Running'}
        namespace={namespace}
        onNamespace={setNamespace}
        onStart={start}
        onCancel={cancel}
      />
      <Shown backtest={backtest} />
    </>
  );
}

/** Policies come and go rarely: they are looked for where the page is opened. */
function nobody(): () => void {
  return () => undefined;
}

function nothing(): boolean {
  return false;
}

function Shown({ backtest }: { backtest: Backtest }): VNode | null {
  switch (backtest.status) {
    case 'Idle':
      return null;
    case 'Running': {
      const { events = 0, bytes = 0, totalBytes = 0 } = backtest.progress ?? {};
      return (
        <p class="run" aria-busy="true">
          {totalBytes === 0 ? (
            <progress aria-label="Progress" />
          ) : (
            <progress aria-label="Progress" value={bytes} max={totalBytes} />
          )}{' '}
          {events.toLocaleString('en')} records read
        </p>
      );
    }
    case 'Refused':
      return (
        <div class="refused" role="alert">
          <p>It was not tried:</p>
          <ul class="problems">
            {backtest.problems.map((problem, index) => (
              <li key={index}>
                <Text>{problem}</Text>
              </li>
            ))}
          </ul>
        </div>
      );
    case 'Report':
      return <BacktestResult {...backtest.news} />;
  }
}
