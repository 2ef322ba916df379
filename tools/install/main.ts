import { generateKeyPairSync } from 'node:crypto';
import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { systemClock } from '../../src/platform/clock/system-clock.ts';
import { freePlace } from '../cluster/free-place.ts';
import { profileDirectory, type ProfileName, profileOptions, repositoryRoot } from '../cluster/profiles.ts';
import { provideCluster, withdrawCluster } from '../cluster/provide.ts';
import { type Installation, installSallyport } from './install.ts';
import { playgroundPeople } from './manifests.ts';
import { stopSallyport } from './sallyport-process.ts';
import type { Cluster } from '../cluster/options.ts';

/** The webhook's port and the next one: beyond those that a profile's cluster takes. */
const WEBHOOK_PORT_OFFSET = 15;

/** The audit receiver's, which the API server is told of before it exists. */
const AUDIT_PORT_OFFSET = 17;

/** That of the API of evidence. */
const EVIDENCE_PORT_OFFSET = 18;

/** Sallyport itself, and for tests a Slack channel of its own, which is nothing else of ours. */
const SLACK_IDENTITIES = ['system:serviceaccount:sallyport-system:sallyport', 'slack-channel'];

/** A leader that was killed is followed soon, and one person asks for more than anybody would. */
const TEST_SETTINGS = {
  controller: { leaseSeconds: 3 },
  requests: { pendingPerRequester: 1_000 },
  identities: { voteOnBehalf: { slack: SLACK_IDENTITIES } },
};

export interface Environment {
  readonly cluster: Cluster;
  readonly sallyport: Installation;
}

/** A cluster with Sallyport on it: what make up, the demo and the end-to-end tests stand on. */
export async function environmentUp(profile: ProfileName, log: (line: string) => void): Promise<Environment> {
  const place = await freePlace(profile, log, process.env);
  const auditReceiver = { port: place.portBase + AUDIT_PORT_OFFSET, mode: 'batch' } as const;
  const options = { ...place, auditReceiver };
  const cluster = await provideCluster(options);
  const sallyport = await installSallyport(cluster, {
    directory: sallyportFolder(profile),
    port: options.portBase + WEBHOOK_PORT_OFFSET,
    evidencePort: options.portBase + EVIDENCE_PORT_OFFSET,
    clock: systemClock,
    log,
    people: playgroundPeople(),
    playground: profile === 'test' ? 'everywhere' : 'prod and dev',
    settings: {
      audit: await auditSettings(cluster, profile, options.portBase + EVIDENCE_PORT_OFFSET),
      ...(profile === 'test' ? TEST_SETTINGS : {}),
    },
  });
  return { cluster, sallyport };
}

export async function environmentDown(profile: ProfileName, log: (line: string) => void): Promise<void> {
  await stopSallyport({ directory: sallyportFolder(profile), healthPort: 0 }, systemClock);
  await withdrawCluster(profileOptions(profile, log));
  await rm(sallyportFolder(profile), { recursive: true, force: true });
  await rm(ledgerFolder(profile), { recursive: true, force: true });
}

/** The ledger, and the receiver where the cluster sends its events to one of ours. */
async function auditSettings(
  { auditReceiver: files, hostAddress }: Cluster,
  profile: ProfileName,
  evidencePort: number,
): Promise<object> {
  const keyFile = join(sallyportFolder(profile), 'ledger-key.pem');
  await writeSigningKey(keyFile);
  const ledger = { directory: ledgerFolder(profile), keyFile };
  const reading = {
    index: { sqlite: { directory: join(sallyportFolder(profile), 'evidence-index') } },
    readApi: { listen: { host: hostAddress, port: evidencePort } },
  };
  if (files === undefined) return { ledger, ...reading };
  const { host, port, certificateFile, keyFile: tlsKeyFile, clientAuthority, clientName } = files;
  const tls = { certificateFile, keyFile: tlsKeyFile };
  return { ledger, ...reading, receiver: { listen: { host, port }, tls, clientAuthority, clientNames: [clientName] } };
}

/** DESIGN §9: .local/ledger for `make up`; below the profile's own folder otherwise. */
export function ledgerFolder(profile: ProfileName): string {
  return profile === 'local' ? join(repositoryRoot(), '.local', 'ledger') : join(sallyportFolder(profile), 'ledger');
}

/** ed25519; one that is there stays, since the ledger beside it was signed with it. */
async function writeSigningKey(file: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const pem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' });
  await writeFile(file, pem, { mode: 0o600, flag: 'wx' }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
}

function sallyportFolder(profile: ProfileName): string {
  return profileDirectory(profile === 'local' ? 'sallyport' : `${profile}-sallyport`);
}

/** DESIGN §9: .local/kubeconfigs and .local/bin, for working by hand. */
async function publish({ cluster, sallyport }: Environment): Promise<void> {
  const local = join(repositoryRoot(), '.local');
  await rm(join(local, 'bin'), { recursive: true, force: true });
  await cp(sallyport.bin, join(local, 'bin'), { recursive: true });
  await mkdir(join(local, 'kubeconfigs'), { recursive: true });
  for (const user of ['admin', 'alice', 'bob', 'carol'] as const) {
    await cp(cluster.kubeconfigs[user], join(local, 'kubeconfigs', `${user}.yaml`));
  }
}

if (import.meta.main) {
  const log = (line: string) => console.error(line);
  if (process.argv[2] === 'up') {
    await publish(await environmentUp('local', log));
    log('ready: export PATH=$PWD/.local/bin:$PATH KUBECONFIG=$PWD/.local/kubeconfigs/alice.yaml');
    log('every decision and audit event is in .local/ledger: sallyport audit verify .local/ledger');
  } else if (process.argv[2] === 'down') {
    await environmentDown('local', log);
    await rm(join(repositoryRoot(), '.local/bin'), { recursive: true, force: true });
    await rm(join(repositoryRoot(), '.local/kubeconfigs'), { recursive: true, force: true });
    log('nothing is left running');
  } else {
    console.error('usage: main.ts up|down');
    process.exitCode = 2;
  }
}
