import { parentPort, workerData } from 'node:worker_threads';
import { type BacktestJob, runJob } from './run-job.ts';

// It works when it is loaded: it is the beginning of a thread, which is ended from outside.
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
await runJob(workerData as BacktestJob, (news) => parentPort?.postMessage(news), new AbortController().signal);
