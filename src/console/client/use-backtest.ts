import { useEffect, useRef, useState } from 'preact/hooks';
import type { BacktestNews } from '../../core/backtest/backtest-call.ts';
import type { BacktestBody } from '../api.ts';
import { useConsole } from './console-context.ts';

export type Backtest =
  | { readonly status: 'Idle' }
  | { readonly status: 'Running'; readonly progress: Extract<BacktestNews, { type: 'Progress' }> | undefined }
  | { readonly status: 'Report'; readonly news: Extract<BacktestNews, { type: 'Report' }> }
  /** Said by the policy, or by why it could not be tried. */
  | { readonly status: 'Refused'; readonly problems: readonly string[] };

export interface UseBacktest {
  readonly backtest: Backtest;
  readonly start: (body: BacktestBody) => void;
  readonly cancel: () => void;
}

/** One run at a time; leaving the page calls it off. */
export function useBacktest(): UseBacktest {
  const { api, me, announce } = useConsole();
  const [backtest, setBacktest] = useState<Backtest>({ status: 'Idle' });
  const running = useRef<AbortController | undefined>(undefined);

  function cancel(): void {
    running.current?.abort();
    running.current = undefined;
    setBacktest({ status: 'Idle' });
  }

  function start(body: BacktestBody): void {
    running.current?.abort();
    const mine = new AbortController();
    running.current = mine;
    let ended = false;
    const end = (next: Backtest, said: string): void => {
      if (ended || mine.signal.aborted) return;
      ended = true;
      setBacktest(next);
      announce(said);
    };
    const refused = (problems: readonly string[]): void => end({ status: 'Refused', problems }, 'It was not tried.');
    const tell = (news: BacktestNews): void => {
      switch (news.type) {
        case 'Progress':
          if (!ended && !mine.signal.aborted) setBacktest({ status: 'Running', progress: news });
          return;
        case 'Report':
          return end({ status: 'Report', news }, 'The back-test is done.');
        case 'Refused':
          return refused(news.problems);
        case 'Failed':
          return refused([news.message]);
      }
    };
    setBacktest({ status: 'Running', progress: undefined });
    void api.backtest(body, me.csrfToken, tell, mine.signal).then((answer) => {
      refused([answer.ok ? 'It broke off before its end; try again.' : answer.problem.message]);
    });
  }

  useEffect(() => () => running.current?.abort(), []);
  return { backtest, start, cancel };
}
