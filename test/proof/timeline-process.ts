import { randomBytes } from 'node:crypto';
import type { ApprovalPolicy } from '../../src/core/api/kinds.ts';
import type { Seals } from '../../src/core/approval/seal.ts';
import { createPolicyCompiler } from '../../src/core/decision/compile.ts';
import { createController } from '../../src/controller/create-controller.ts';
import type { Outcome } from '../../src/enforcement/outcome.ts';
import { sealedStatus } from '../../src/enforcement/sealed-status.ts';
import type { KubeObject } from '../../src/platform/kube/kube-object.ts';
import { createReflector, type Reflector } from '../../src/platform/kube/reflector.ts';
import { silentLogger } from '../../src/platform/telemetry/logger.ts';
import { createMetrics } from '../../src/platform/telemetry/metrics.ts';
import { SERIAL_BYTES } from '../../src/platform/tls/serial.ts';
import type { Clock } from '../../src/ports/clock.ts';
import { FakeEvents } from '../../src/ports/fake-events.ts';
import type { SimulatedCollection } from '../harness/simulated-collection.ts';
import { attemptExec, type Reflectors, replicaPorts } from './replica-ports.ts';
import type { TimelineCluster } from './timeline-cluster.ts';

/** As the defaults of the configuration are: 30 days, an hour. */
export const RETENTION_MS = 30 * 24 * 3_600_000;
export const ROTATE_MS = 3_600_000;

export const NAMES = { dnsNames: ['sallyport.sallyport-system.svc'], ipAddresses: [] };

/** One process: its reflectors, the webhook's memory and sequence, and the controller, wired as `sallyport serve` does. */
export interface TimelineProcess {
  attempt(command: string): Promise<Outcome>;
  /** The oldest of what it believes to know, in ms. */
  freshAt(): number;
  /** While a certificate is being made, which takes real time. */
  issuing(): boolean;
  /** Becomes the leader, once, as soon as it has listed everything. */
  lead(): void;
  /** Hands the leadership to another process. */
  stopLeading(): Promise<void>;
  stop(): Promise<void>;
}

const compile = createPolicyCompiler();

/** Days go by a hundred times faster. On a wire where nothing is lost, memory is in step all the same. */
const CALM = { watchSeconds: 3_600, probeAfterMs: 1_000, silenceMs: 7_200_000, unprovedMs: 7_200_000 };

export interface ProcessOptions {
  /** Its watches neither end nor are asked for proofs, and it believes them: for what is not about freshness. */
  readonly calm?: boolean;
}

export function startProcess(
  cluster: TimelineCluster,
  clock: Clock,
  seals: Seals,
  { calm = false }: ProcessOptions = {},
): TimelineProcess {
  const life = new AbortController();
  const leadership = new AbortController();
  const watch = <T extends KubeObject>(name: string, collection: SimulatedCollection): Reflector<T> => {
    const reflector = createReflector<T>({
      listWatch: collection as never,
      name,
      clock,
      random: () => 0.5,
      log: silentLogger,
      ...(calm ? { timing: CALM } : {}),
    });
    return calm ? { ...reflector, freshAt: () => clock.now() } : reflector;
  };
  const watched: Reflectors = {
    policies: watch('policies', cluster.policies),
    requests: watch('requests', cluster.requests),
    votes: watch('votes', cluster.votes),
    namespaces: watch('namespaces', cluster.namespaces),
  };
  const { policies, requests, votes } = watched;
  const reflectors = Object.values(watched);
  const writeStatus = sealedStatus(cluster.approvals, seals);
  const ports = replicaPorts(watched, { ...cluster.approvals, writeStatus }, { clock, compile, seals });
  let certificates = 0;
  const controller = createController(
    {
      workers: 2,
      retentionMs: RETENTION_MS,
      webhookAddress: { kind: 'Service', namespace: 'sallyport-system', name: 'sallyport', port: 443 },
      servingNames: NAMES,
      ourUsernames: [],
      voteOnBehalf: { slack: [], console: [] },
      impersonationShows: true,
      systemNamespace: 'sallyport-system',
      callers: { kind: 'PathSecret', rotateMs: ROTATE_MS },
    },
    {
      policies,
      requests,
      votes,
      votesOf: ports.votes,
      policyNow: async (name) => cluster.policies.stored(name) as ApprovalPolicy | undefined,
      compile,
      store: { ...cluster.approvals, writeStatus },
      seals,
      policyStatus: cluster.policyStatus,
      configurations: {
        apply: async (object) => cluster.apply(object),
      },
      apiRegistrations: { find: async () => undefined, remove: async () => {} },
      followConfigurations: async () => {},
      discovery: { subresources: async () => [] },
      policyKindStands: async () => true,
      secrets: {
        read: (name, signal) => cluster.secrets.read(name, signal),
        write: async (name, values, version, signal) => {
          await cluster.secrets.write(name, values, version, signal);
          cluster.written.push({ at: clock.now(), what: { name, values } });
          if (name.endsWith('serving-certificate')) certificates = 0;
        },
      },
      events: new FakeEvents(),
      clock,
      random: () => 0.5,
      randomSerial: () => {
        certificates += 1;
        return randomBytes(SERIAL_BYTES);
      },
      newPathSecret: () => randomBytes(32).toString('hex'),
      log: silentLogger,
      metrics: createMetrics({ processMetrics: false }),
    },
  );
  const watching = Promise.all(reflectors.map((reflector) => reflector.run(life.signal)));
  let leading = Promise.resolve();
  const lead = async (): Promise<void> => {
    while (!reflectors.every((each) => each.synced()) && !life.signal.aborted)
      await clock.sleep(20, life.signal).catch(() => undefined);
    await controller(leadership.signal, () => !leadership.signal.aborted);
  };
  let attempts = 0;
  const stopLeading = async (): Promise<void> => {
    leadership.abort();
    await leading;
  };
  return {
    attempt: async (command) => {
      attempts += 1;
      return await attemptExec(command, `d${attempts}-${clock.now()}`, ports, watched);
    },
    freshAt: () => ports.snapshot().freshAt,
    issuing: () => certificates > 0,
    lead: () => {
      leading = lead();
    },
    stopLeading,
    stop: async () => {
      life.abort();
      await stopLeading();
      await watching;
    },
  };
}
