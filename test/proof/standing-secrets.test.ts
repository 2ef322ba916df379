import { expect, test } from 'vitest';
import { accepted, PATH_SECRET, pathSecretOf } from '../../src/controller/path-secret/path-secret.ts';
import { CERTIFICATE_SECRETS } from '../../src/controller/serving-certificate/certificate-secrets.ts';
import { CA_LIFETIME_MS, LEAF_LIFETIME_MS } from '../../src/platform/tls/rotation.ts';
import { readCertificate, signedBy } from '../../src/platform/tls/serving-bundle.ts';
import type { Written } from './timeline-cluster.ts';
import { DAY, HOUR, MINUTE, SECOND, Timeline } from './timeline.ts';

const LIVED_DAYS = 400;
const LONG = { timeout: 3_600_000 };

/** How far the memory of a replica may be behind (R1), and an API server behind what was applied (one second, R3). */
const REPLICA_LAGS_MS = [0, 10 * SECOND];
const API_SERVER_LAGS_MS = [0, SECOND];

type Values = Readonly<Record<string, string>>;

/** The versions of a Secret, each from when it was written. */
function history({ cluster }: Timeline, name: string): Written<Values>[] {
  return cluster.written.flatMap(({ at, what }) => (what.name === name ? [{ at, what: what.values }] : []));
}

interface Configured {
  readonly webhooks?: readonly {
    readonly clientConfig: { readonly caBundle: string; readonly service: { readonly path: string } };
  }[];
}

/** What an API server that is so far behind calls us by at that moment. */
function configuredAt({ cluster }: Timeline, moment: number): { readonly secret: string; readonly caBundle: string } {
  const gate: Configured | undefined = cluster.applied.findLast(({ at, what }) => at <= moment && what.name === GATE)
    ?.what.object;
  const client = gate?.webhooks?.[0]?.clientConfig;
  if (client === undefined) throw new Error('nothing is configured');
  return {
    secret: client.service.path.split('/')[1] ?? '',
    caBundle: Buffer.from(client.caBundle, 'base64').toString('utf8'),
  };
}

function versionAt<T>(versions: readonly Written<T>[], moment: number): T | undefined {
  return versions.findLast(({ at }) => at <= moment)?.what;
}

/** The moments at which something may be wrong: just before and after each write has come to the slowest who reads it. */
function moments(timeline: Timeline, versions: readonly Written<unknown>[], from: number): number[] {
  const changes = [...versions, ...timeline.cluster.applied].map(({ at }) => at);
  const lags = [...REPLICA_LAGS_MS, ...API_SERVER_LAGS_MS];
  const near = changes.flatMap((at) => lags.flatMap((lag) => [at + lag - 1, at + lag]));
  return [...new Set(near)].filter((at) => at >= from && at <= timeline.clock.now()).sort((a, b) => a - b);
}

test(
  '[R50] the secret in the path changes every hour of a day, and what an API server shows is always known',
  LONG,
  async () => {
    await using timeline = new Timeline({}, { calm: true });
    await timeline.live(MINUTE);
    const from = timeline.clock.now();
    await timeline.live(DAY);
    const versions = history(timeline, PATH_SECRET);
    const used = new Set<string>();
    const wrong: string[] = [];
    for (const moment of moments(timeline, versions, from)) {
      for (const [replica, server] of product(REPLICA_LAGS_MS, API_SERVER_LAGS_MS)) {
        const known = pathSecretOf(versionAt(versions, moment - replica));
        const shown = configuredAt(timeline, moment - server).secret;
        used.add(shown);
        if (known === undefined || !accepted(known).includes(shown)) wrong.push(told(moment, replica, server));
      }
    }
    expect(wrong).toEqual([]);
    // The first, and one for each hour.
    expect(used.size).toBe(25);
    const made = versions.flatMap(({ at, what }, index) =>
      what['current'] === versions[index - 1]?.what['current'] ? [] : [at],
    );
    const ages = made.slice(1).map((at, index) => at - (made[index] ?? 0));
    expect(Math.min(...ages)).toBeGreaterThanOrEqual(HOUR);
    expect(Math.max(...ages)).toBeLessThanOrEqual(HOUR + 5 * SECOND);
  },
);

test(
  'the serving certificate is valid and trusted through the whole life of an authority, and beyond',
  LONG,
  async () => {
    await using timeline = new Timeline({}, { calm: true });
    await timeline.live(MINUTE);
    const from = timeline.clock.now();
    for (let days = 0; days < LIVED_DAYS; days += 4) await timeline.pass(4 * DAY);
    const versions = history(timeline, CERTIFICATE_SECRETS.serving);
    const validity = createValidity();
    const bundles = new Set<string>();
    const wrong: string[] = [];
    for (const moment of moments(timeline, versions, from)) {
      for (const [replica, server] of product(REPLICA_LAGS_MS, API_SERVER_LAGS_MS)) {
        const leaf = versionAt(versions, moment - replica)?.['tls.crt'] ?? '';
        const { caBundle } = configuredAt(timeline, moment - server);
        bundles.add(caBundle);
        const { begins, ends } = validity(leaf, caBundle);
        if (moment < begins || moment >= ends) wrong.push(told(moment, replica, server));
      }
    }
    expect(wrong).toEqual([]);
    expect(new Set(versions.map(({ what }) => what['tls.crt'])).size).toBeGreaterThan(
      (LIVED_DAYS * DAY) / LEAF_LIFETIME_MS,
    );
    // One authority, both, and the next.
    expect(bundles.size).toBeGreaterThanOrEqual(3);
    expect(LIVED_DAYS * DAY).toBeGreaterThan(CA_LIFETIME_MS);
  },
);

interface Validity {
  /** Milliseconds. */
  readonly begins: number;
  readonly ends: number;
}

/** When a client that trusts the bundle takes the leaf; each pair is looked at once. */
function createValidity(): (leaf: string, bundle: string) => Validity {
  const known = new Map<string, Validity>();
  return (leaf, bundle) => {
    const key = leaf + bundle;
    const validity = known.get(key) ?? validityOf(leaf, bundle);
    known.set(key, validity);
    return validity;
  };
}

function validityOf(pem: string, bundle: string): Validity {
  const leaf = readCertificate(pem);
  const authorities = bundle.split(/(?<=-----END CERTIFICATE-----\n)/).map(readCertificate);
  const issuer = authorities.find((each) => leaf !== undefined && each !== undefined && signedBy(leaf, each));
  if (leaf === undefined || issuer === undefined) return { begins: Infinity, ends: 0 };
  return {
    begins: Math.max(leaf.validFromDate.getTime(), issuer.validFromDate.getTime()),
    ends: Math.min(leaf.validToDate.getTime(), issuer.validToDate.getTime()),
  };
}

function told(moment: number, replicaMs: number, serverMs: number): string {
  return `${new Date(moment).toISOString()}, a replica ${replicaMs} ms and an API server ${serverMs} ms behind`;
}

const GATE = 'ValidatingWebhookConfiguration sallyport-gate';

function product<A, B>(left: readonly A[], right: readonly B[]): readonly (readonly [A, B])[] {
  return left.flatMap((a) => right.map((b) => [a, b] as const));
}
