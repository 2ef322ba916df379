import { BACKTESTS, type BacktestCall, type BacktestNews } from '../../core/backtest/backtest-call.ts';
import { EVIDENCE_GROUP, EVIDENCE_VERSION } from '../../core/evidence/record-object.ts';
import { type Backtests, BacktestsError } from '../../ports/backtests.ts';
import type { KubeClient } from './client.ts';
import { isApiError } from './errors.ts';
import { resourcePath } from './resource-path.ts';
import { watchLines } from './watch-lines.ts';

/** A report has at most 20 rows of each kind for each of ten policies. */
const MAX_LINE_BYTES = 4 * 1024 * 1024;

/**
 * Runs them by the API of evidence, with the rights of this process: what the caller may see is the caller's to ask. Whose
 * they are is believed of who may `relay` them.
 */
export function createBacktestsClient(client: KubeClient): Backtests {
  return {
    async *run({ namespace, ...body }: BacktestCall, signal: AbortSignal): AsyncGenerator<BacktestNews> {
      const resource = { group: EVIDENCE_GROUP, version: EVIDENCE_VERSION, plural: BACKTESTS };
      const path = resourcePath(namespace === undefined ? resource : { ...resource, namespace });
      try {
        const response = await client.stream(path, {}, signal, body);
        try {
          for await (const line of watchLines(response, MAX_LINE_BYTES)) yield JSON.parse(line) as BacktestNews;
        } finally {
          response.destroy();
        }
      } catch (error) {
        signal.throwIfAborted();
        if (isApiError(error, 429)) throw new BacktestsError('Busy', error.message, { cause: error });
        throw new BacktestsError('Unavailable', 'the API of evidence does not answer', { cause: error });
      }
    },
  };
}
