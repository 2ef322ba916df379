/** What one run of the load generator does. */
export interface LoadJob {
  readonly url: string;
  /** PEM of who signed the server's certificate. */
  readonly authority: string;
  /** Reviews as the API server writes them. Each request gets a uid of its own. */
  readonly bodies: readonly string[];
  /** Whose CPU is counted. */
  readonly pid: number;
  readonly pace: Pace;
  /** What every review must be answered with; another answer is a failure. */
  readonly allowed: boolean;
}

export type Pace =
  /**
   * Each connection sends the next as soon as it has an answer, until the server has spent that much CPU: on a machine that
   * is busy with other things, a second of the clock may hold hardly any work, and JIT compilers stay cold.
   */
  | { readonly kind: 'Closed'; readonly warmupCpuSeconds: number; readonly cpuSeconds: number }
  /** Evenly spaced, whether there are answers or not; a wait for a free connection counts as latency. */
  | { readonly kind: 'Open'; readonly seconds: number; readonly perSecond: number }
  /** Every body once. */
  | { readonly kind: 'Once' };

export interface LoadResult {
  readonly requests: number;
  readonly failures: number;
  /** The first wrong answer. */
  readonly failure?: string;
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** As many idle connections as an API server keeps to one webhook (DefaultTransport's MaxIdleConnsPerHost of client-go). */
export const CONNECTIONS = 25;

/** A server that waits for something else may take long to spend a CPU-second; after this the sample is what it is. */
export const LONGEST_SECONDS = 30;
