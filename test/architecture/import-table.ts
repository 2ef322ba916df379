/** The table of DESIGN §8 as data. A room exists when it has something in it; a file outside every room fails. */
export interface Room {
  /** Folder below `src`; the longest that fits a file is its room. */
  readonly path: string;
  /** Folders below `src`, besides the room itself. */
  readonly mayImport: readonly string[];
  /** Only types: what stands in the other room is a vocabulary, not a service. Fakes and tests are free. */
  readonly typesOnly?: true;
  /** Pure: no I/O, no clock, no randomness (see `purity`). */
  readonly pure?: true;
  /** Runs in a browser, which has nothing of Node. */
  readonly browser?: true;
}

const adapter = ['core/api', 'ports', 'platform/clock', 'platform/telemetry'];
const enforcementPoint = [
  'core',
  'ports',
  'enforcement',
  'platform/http',
  'platform/tls',
  'platform/clock',
  'platform/telemetry',
];
const channel = ['core', 'ports', 'platform/identity', 'platform/http', 'platform/clock', 'platform/telemetry'];

export const rooms: readonly Room[] = [
  { path: 'core/api', mayImport: [], pure: true },
  { path: 'core/people', mayImport: ['core/api'], pure: true },
  { path: 'core/attributes', mayImport: ['core/api'], pure: true },
  { path: 'core/approval', mayImport: ['core/api'], pure: true },
  { path: 'core/notice', mayImport: ['core/api', 'core/attributes', 'core/approval', 'core/decision'], pure: true },
  { path: 'core/evidence', mayImport: ['core/api', 'core/attributes'], pure: true },
  { path: 'core/masking', mayImport: ['core/api'], pure: true },
  { path: 'core/decision', mayImport: ['core/api', 'core/attributes', 'core/approval', 'core/people'], pure: true },
  {
    path: 'core/backtest',
    mayImport: ['core/api', 'core/attributes', 'core/approval', 'core/decision', 'core/evidence', 'core/people'],
    pure: true,
  },
  { path: 'ports', mayImport: ['core'], typesOnly: true },
  { path: 'platform/kube', mayImport: [...adapter, 'core/people', 'core/approval', 'core/evidence', 'core/backtest'] },
  { path: 'platform/http', mayImport: [...adapter, 'platform/tls'] },
  { path: 'platform/tls', mayImport: adapter },
  { path: 'platform/identity', mayImport: [...adapter, 'core/people', 'core/approval'] },
  // ports/recorder: a queue before the ledger of this process, or before a spool that is sent to another's.
  { path: 'platform/recorder', mayImport: [...adapter, 'core/evidence'] },
  { path: 'platform/clock', mayImport: adapter },
  { path: 'platform/disk', mayImport: adapter },
  { path: 'platform/config', mayImport: adapter },
  { path: 'platform/telemetry', mayImport: adapter },
  { path: 'enforcement', mayImport: ['core', 'ports', 'platform/clock', 'platform/telemetry'] },
  { path: 'webhook', mayImport: enforcementPoint },
  { path: 'gateway', mayImport: enforcementPoint },
  { path: 'mcp', mayImport: enforcementPoint },
  {
    path: 'controller',
    mayImport: ['core', 'ports', 'platform/kube', 'platform/tls', 'platform/clock', 'platform/telemetry'],
  },
  { path: 'notify', mayImport: channel },
  { path: 'console', mayImport: channel },
  { path: 'console/client', mayImport: ['core', 'console/api.ts'], browser: true },
  {
    path: 'audit',
    mayImport: ['core', 'ports', 'platform/http', 'platform/disk', 'platform/clock', 'platform/telemetry'],
  },
  {
    path: 'cli',
    mayImport: [
      'core',
      'ports',
      'platform/kube',
      'platform/identity',
      'platform/clock',
      'audit/verify',
      'audit/backtest',
    ],
  },
  {
    path: 'bin',
    mayImport: [
      'core',
      'ports',
      'platform',
      'enforcement',
      'webhook',
      'gateway',
      'mcp',
      'controller',
      'notify',
      'console',
      'audit',
      'cli',
    ],
  },
];

/** Packages that one room wraps, so that a change of mind costs one file. */
export const wrappedPackages: Readonly<Record<string, readonly string[]>> = {
  '@kubernetes/client-node': ['platform/kube'],
  'node-forge': ['platform/tls'],
  '@marcbachmann/cel-js': ['core/decision/cel'],
  re2js: ['core/api'],
  pino: ['platform/telemetry'],
  '@prometheus-io/client': ['platform/telemetry'],
  '@slack/bolt': ['notify/slack'],
  undici: ['notify/slack'],
  nodemailer: ['notify/email'],
  standardwebhooks: ['platform/http'],
  'openid-client': ['platform/identity'],
  preact: ['console/client'],
  pg: ['audit/index'],
  '@aws-sdk/client-s3': ['audit/s3'],
};

/** The only folder that may read `process.env`. */
export const environmentReader = 'platform/config';

/** What a test beside its subject may import from `test`. */
export const testHelpers: readonly string[] = ['test/builders', 'test/harness'];

/** What pure rooms may import from outside, each with the names that are pure; `all` where everything is. */
export const purity: {
  readonly packages: Readonly<Record<string, { readonly names: 'all' | readonly string[]; readonly only?: string }>>;
  readonly globals: readonly string[];
  /** The file that may use one of them all the same. */
  readonly except: Readonly<Record<string, string>>;
} = {
  packages: {
    zod: { names: 'all' },
    canonicalize: { names: 'all' },
    '@marcbachmann/cel-js': { names: 'all' },
    re2js: { names: 'all' },
    // The object of a request as people read it.
    yaml: { names: 'all', only: 'core/notice' },
    'node:crypto': { names: ['createHash', 'createHmac', 'hash', 'timingSafeEqual'] },
    // The interruptible limit around an expression that may be dear.
    'node:vm': { names: 'all', only: 'core/decision/cel' },
  },
  globals: [
    'process',
    'performance',
    'console',
    'fetch',
    'WebSocket',
    'setTimeout',
    'setInterval',
    'setImmediate',
    'crypto',
  ],
  // What the interruptible limit goes by.
  except: { process: 'src/core/decision/cel/thread-time.ts' },
};
