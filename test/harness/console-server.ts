import type { EvidenceReader } from '../../src/ports/evidence-reader.ts';
import { surroundingsOf } from '../../src/core/notice/surroundings.ts';
import { randomBytes } from 'node:crypto';
import type { ApprovalPolicy, ApprovalRequest, ApprovalVote } from '../../src/core/api/kinds.ts';
import { createPeople, type People, type PeopleMap } from '../../src/core/people/people.ts';
import { createConsole } from '../../src/console/server/create-console.ts';
import { type PageFiles, readPageFiles } from '../../src/console/server/page-files.ts';
import { votesByRequest } from '../../src/enforcement/votes-by-request.ts';
import { systemClock } from '../../src/platform/clock/system-clock.ts';
import { DEFAULT_LISTENER_LIMITS } from '../../src/platform/http/listener.ts';
import { createPlainListener } from '../../src/platform/http/plain-listener.ts';
import { createOidc, type OidcOptions } from '../../src/platform/identity/oidc.ts';
import { type Logger, silentLogger } from '../../src/platform/telemetry/logger.ts';
import { createMetrics, type Metrics } from '../../src/platform/telemetry/metrics.ts';
import { Secret } from '../../src/platform/telemetry/redact.ts';
import type { Backtests } from '../../src/ports/backtests.ts';
import type { Clock } from '../../src/ports/clock.ts';
import { FakeAccessReview } from '../../src/ports/fake-access-review.ts';
import { FakeWatched } from '../builders/fake-watched.ts';
import { TRUSTING } from '../builders/seals.ts';
import { SimulatedActs } from './console-acts.ts';
import { freePort } from './free-ports.ts';
import { type OidcProvider, startOidcProvider } from './oidc/provider.ts';
import type { OidcUsers } from './oidc/users.ts';

/** Everybody of the test provider but dave. */
export const PEOPLE: PeopleMap = {
  people: ['alice', 'bob', 'carol'].map((person) => ({
    person,
    usernames: [person],
    emails: [`${person}@example.com`],
    slack: [],
    groups: [],
    agents: person === 'alice' ? ['agent-7'] : [],
  })),
  templates: [],
};

export interface ConsoleHarnessOptions {
  readonly requests?: readonly ApprovalRequest[];
  /** The folder that Vite built; without it there is only the API. */
  readonly page?: string;
  readonly port?: number;
  readonly clock?: Clock;
  readonly log?: Logger;
  readonly users?: OidcUsers;
  readonly sessionMinutes?: number;
  readonly streams?: number;
  readonly bodyBytes?: number;
  /** Whether `list approvalrequests` is allowed; nobody may, without it. */
  readonly mayList?: (username: string, namespace: string) => boolean;
  /** The same by resource. */
  readonly mayDo?: (username: string, resource: string, namespace: string) => boolean;
  /** Another provider than the real one. */
  readonly oidc?: Partial<OidcOptions>;
  /** What the console says that its address is; without it the one under which it listens. */
  readonly publicUrl?: string;
  /** What there is to be searched; without it nothing. */
  readonly evidence?: EvidenceReader;
  readonly backtests?: Backtests;
  /** Stored ones. */
  readonly policies?: readonly ApprovalPolicy[];
  readonly sealed?: (request: ApprovalRequest) => boolean;
}

export interface ConsoleHarness extends AsyncDisposable {
  readonly url: string;
  readonly provider: OidcProvider;
  readonly requests: FakeWatched<ApprovalRequest>;
  readonly votes: FakeWatched<ApprovalVote>;
  readonly acts: SimulatedActs;
  readonly accessReview: FakeAccessReview;
  readonly metrics: Metrics;
  /** Undefined: the map cannot be read. */
  people: People | undefined;
  synced: boolean;
  /** When the API server was last heard of, in milliseconds; undefined: now. */
  freshAt: number | undefined;
}

/** The console's server over simulated ports, with a real OIDC provider beside it. */
export async function startConsoleServer(options: ConsoleHarnessOptions = {}): Promise<ConsoleHarness> {
  const { clock = systemClock, log = silentLogger } = options;
  const port = options.port ?? (await freePort());
  const url = `http://127.0.0.1:${port}`;
  const provider = await startOidcProvider({
    redirectUris: [`${url}/callback`],
    postLogoutRedirectUris: [`${url}/`],
    ...(options.users === undefined ? {} : { users: options.users }),
  });
  const requests = new FakeWatched<ApprovalRequest>();
  const votes = new FakeWatched<ApprovalVote>();
  const metrics = createMetrics({ processMetrics: false });
  const accessReview = new FakeAccessReview(
    ({ user, resource, namespace }) =>
      options.mayDo?.(user.username, resource, namespace) ?? options.mayList?.(user.username, namespace) ?? false,
  );
  const state: { people: People | undefined; synced: boolean; freshAt: number | undefined } = {
    people: createPeople(PEOPLE),
    synced: true,
    freshAt: undefined,
  };
  const people = { now: () => state.people };
  const acts = new SimulatedActs({ requests, votes }, people, clock);
  const votesOf = votesByRequest(votes, TRUSTING);
  for (const request of options.requests ?? []) requests.put(request);
  const page: PageFiles = options.page === undefined ? new Map() : await readPageFiles(options.page);
  const console = createConsole(
    {
      url: options.publicUrl ?? url,
      sessionMs: (options.sessionMinutes ?? 30) * 60_000,
      endedSessions: 1_000,
      streams: options.streams ?? 50,
      bodyBytes: options.bodyBytes ?? 8_192,
      systemNamespace: 'sallyport-system',
      requestMs: 15_000,
      page: () => page,
    },
    {
      surroundingsOf: (request) =>
        surroundingsOf(request, { labelsOf: () => ({ env: 'prod' }), policyOf: () => undefined }),
      oidc: createOidc(
        {
          issuer: provider.issuer,
          clientId: provider.clientId,
          clientSecret: new Secret(provider.clientSecret),
          scopes: ['openid', 'email', 'profile'],
          usernameClaim: 'name',
          usernamePrefix: '',
          groupsClaim: 'groups',
          groupsPrefix: '',
          requireVerifiedEmail: true,
          redirectUri: `${url}/callback`,
          ...options.oidc,
        },
        clock,
      ),
      requests,
      votes,
      votesOf,
      seals: { ...TRUSTING, isRequest: (_namespace, spec) => sealedSpec(spec, options, requests) },
      people,
      acts,
      accessReview,
      ...(options.evidence === undefined ? {} : { evidence: options.evidence }),
      ...(options.backtests === undefined ? {} : { backtests: options.backtests }),
      policies: { list: () => options.policies ?? [] },
      synced: () => state.synced,
      freshAt: () => state.freshAt ?? clock.now(),
      key: new Secret(randomBytes(32)),
      randomBytes,
      clock,
      log,
      metrics,
    },
  );
  const listener = createPlainListener({
    host: '127.0.0.1',
    port,
    limits: { ...DEFAULT_LISTENER_LIMITS, maxHeaderBytes: 32 * 1024, lingerMs: 0, drainMs: 1_000 },
    handler: console.handler,
    clock: systemClock,
    log,
  });
  await listener.start();
  return {
    url,
    provider,
    requests,
    votes,
    acts,
    accessReview,
    metrics,
    get people() {
      return state.people;
    },
    set people(map) {
      state.people = map;
    },
    get synced() {
      return state.synced;
    },
    set synced(synced) {
      state.synced = synced;
    },
    get freshAt() {
      return state.freshAt;
    },
    set freshAt(at) {
      state.freshAt = at;
    },
    [Symbol.asyncDispose]: async () => {
      console[Symbol.dispose]();
      await listener[Symbol.asyncDispose]();
      await provider[Symbol.asyncDispose]();
    },
  };
}

function sealedSpec(
  spec: ApprovalRequest['spec'],
  { sealed }: ConsoleHarnessOptions,
  requests: FakeWatched<ApprovalRequest>,
): boolean {
  const request = requests.list().find((each) => each.spec === spec);
  return sealed === undefined || (request !== undefined && sealed(request));
}
