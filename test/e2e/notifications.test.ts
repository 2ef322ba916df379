import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { achieves } from '../harness/achieves.ts';
import { type MailServer, startMailServer } from '../harness/mail-server.ts';
import { type Received, type Receiver, startReceiver } from '../harness/receiver.ts';
import { testCertificates } from '../harness/test-certificates.ts';
import { verifies } from '../harness/verifies.ts';
import { changedConfig } from './harness/changed-config.ts';
import { json } from './harness/kubectl.ts';
import { approve, deniedRequest, exec, request, scene } from './harness/scene.ts';
import { server } from './harness/server.ts';

const SECRET = `whsec_${Buffer.from('a key of at least 24 bytes, for tests').toString('base64')}`;
const PASSWORD = 'mail-password-for-tests';
const CONSOLE = 'https://console.example.com';
/** Backoff doubles to a minute; a receiver that was away for seconds is told in much less. */
const PATIENCE_MS = 60_000;

let folder = '';
let restore = async (): Promise<void> => undefined;
let mail: MailServer;
let receiver: Receiver;
let workflow: Receiver;
let port = 0;
let namespace = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-notify-'));
  const [tls] = testCertificates('nobody');
  mail = await startMailServer({ tls, user: { name: 'sallyport', password: PASSWORD } });
  [receiver, workflow] = [await startReceiver(), await startReceiver()];
  port = Number(new URL(receiver.url).port);
  const file = async (name: string, text: string) => {
    await writeFile(join(folder, name), text, { mode: 0o600 });
    return join(folder, name);
  };
  const settings = {
    roles: ['webhook', 'controller', 'notify', 'audit'],
    console: { url: CONSOLE, oidc: { issuer: 'https://login.example.com', clientId: 'sallyport' } },
    notify: {
      email: {
        host: '127.0.0.1',
        port: mail.port,
        caFile: await file('ca.pem', tls.ca),
        user: 'sallyport',
        passwordFile: await file('password', `${PASSWORD}\n`),
        from: 'Sallyport <sallyport@example.com>',
      },
      teams: [{ name: 'leads', urlFile: await file('workflow', `${workflow.url}\n`) }],
      webhooks: [{ name: 'ops', url: receiver.url, secretFile: await file('secret', SECRET) }],
    },
  };
  restore = await changedConfig((config) => ({ ...config, ...settings }));
  ({ namespace } = await scene('notified', undefined, (spec) => ({
    ...spec,
    notify: [{ kind: 'Webhook', channel: 'ops' }],
    approval: {
      ...spec.approval,
      stages: spec.approval.stages.map((stage) => ({
        ...stage,
        notify: [{ kind: 'Email' as const, channel: 'sre@example.com' }],
        escalateAfter: '6s',
        escalateTo: [{ kind: 'User' as const, name: 'nadmin' }],
        escalateNotify: [
          { kind: 'Email' as const, channel: 'leads@example.com' },
          { kind: 'Teams' as const, channel: 'leads' },
        ],
      })),
    },
  })));
});

afterAll(async () => {
  await restore();
  await mail[Symbol.asyncDispose]();
  await receiver[Symbol.asyncDispose]();
  await workflow[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

/** The events that the receiver has of a request, each verified by its signature, by type. */
function eventsOf(name: string): string[] {
  return receiver.received
    .map(
      ({ body, headers }: Received) =>
        new Webhook(SECRET).verify(body, headers as Record<string, string>) as { subject: string; type: string },
    )
    .filter(({ subject }) => subject === `${namespace}/${name}`)
    .map(({ type }) => type.replace('dev.sallyport.request.', ''));
}

/** A mail without the line ends of quoted-printable (RFC 2045 §6.7). */
const unfolded = (text: string): string => text.replaceAll('=\r\n', '').replaceAll('=3D', '=');

const linksOf = (text: string) => new Set(unfolded(text).match(/https?:\/\/[^\s"<>]+/g));

const mailsOf = (name: string, to: string) =>
  mail.mails.filter(
    ({ recipients, text }) => recipients.includes(to) && unfolded(text).includes(`${namespace}/${name}`),
  );

/** What was posted to the workflow about a request. */
const cardsOf = (name: string): string[] =>
  workflow.received.map(({ body }) => body).filter((body) => body.includes(`${namespace}/${name}`));

function actionsOf(message = '{}'): unknown {
  const { attachments } = JSON.parse(message) as { attachments?: { content: { actions?: unknown } }[] };
  return attachments?.[0]?.content.actions;
}

async function notified(name: string) {
  const { status } = await request(namespace, name);
  return status?.conditions?.find(({ type }) => type === 'Notified');
}

async function targetEvents(): Promise<string[]> {
  const { items } = await json<{ items: { reason: string; regarding?: { kind?: string; name?: string } }[] }>('admin', [
    'get',
    'events.events.k8s.io',
    '-n',
    namespace,
  ]);
  return items
    .filter(({ regarding }) => regarding?.kind === 'Pod' && regarding.name === 'web-0')
    .map(({ reason }) => reason);
}

describe('people are told', () => {
  test(`${verifies('README-told')}by policy, by stage and by escalation, of each thing once, by mail, Teams, signed events and Events, without a link that votes`, async () => {
    const { name } = deniedRequest(await exec('alice', namespace, 'echo', 'told'));
    await achieves('mail and event of the request', async () => {
      expect(mailsOf(name, 'sre@example.com')).toHaveLength(1);
      expect(eventsOf(name)).toContain('asked');
    });
    const [first] = mailsOf(name, 'sre@example.com');
    expect(first?.wasSecure).toBe(true);
    const page = `${CONSOLE}/requests/${namespace}/${name}`;
    expect(linksOf(first?.text ?? '')).toEqual(new Set([page]));
    expect(unfolded(first?.text ?? '')).toContain('No link in this message approves or denies anything.');
    expect(mailsOf(name, 'leads@example.com')).toEqual([]);
    await achieves('those of the escalation to hear of it', async () =>
      expect(mailsOf(name, 'leads@example.com')).toHaveLength(1),
    );
    await achieves('those of the escalation to hear of it in Teams', async () => expect(cardsOf(name)).toHaveLength(1));
    expect(actionsOf(cardsOf(name)[0])).toMatchObject([{ type: 'Action.OpenUrl', url: page }]);
    await achieves('Notified to be True', async () =>
      expect(await notified(name)).toMatchObject({ status: 'True', reason: 'Told' }),
    );
    await approve('bob', { namespace, name });
    expect((await exec('alice', namespace, 'echo', 'told')).stdout).toBe('told\n');
    await achieves('the events of the whole story', async () =>
      expect(eventsOf(name)).toEqual(['asked', 'escalated', 'voted', 'approved', 'used']),
    );
    // Asked, escalated, approved, used.
    await achieves('the mails of the whole story', async () =>
      expect(mailsOf(name, 'sre@example.com')).toHaveLength(4),
    );
    await achieves('the pod to have its Events', async () =>
      expect(await targetEvents()).toEqual(expect.arrayContaining(['ApprovalAsked', 'ApprovalGiven', 'ApprovalUsed'])),
    );
    const { status } = await request(namespace, name);
    expect(status?.notifications?.find(({ channel }) => channel === 'Webhook ops')?.told).toEqual([
      'Asked',
      'Escalated',
      'Voted',
      'Approved',
      'Used',
    ]);
  });

  test(`${verifies('README-away')}when the receiver is back, and until then the request waits all the same, over a restart of Sallyport`, async () => {
    await receiver[Symbol.asyncDispose]();
    const { name } = deniedRequest(await exec('alice', namespace, 'echo', 'later'));
    await achieves('Notified to be False', async () =>
      expect(await notified(name)).toMatchObject({ status: 'False', reason: 'DestinationUnavailable' }),
    );
    expect((await notified(name))?.message).toContain('Webhook ops: unavailable: ECONNREFUSED');
    expect((await request(namespace, name)).status?.state).toBe('Pending');
    await achieves('the mail to have gone', async () =>
      expect(mailsOf(name, 'sre@example.com').length).toBeGreaterThan(0),
    );

    await server.stop();
    await server.start();
    receiver = await startReceiver(undefined, port);
    await achieves(
      'the receiver to be told',
      async () => expect(eventsOf(name).slice(0, 1)).toEqual(['asked']),
      PATIENCE_MS,
    );
    await achieves('Notified to be True', async () => expect((await notified(name))?.status).toBe('True'));
    await approve('bob', { namespace, name });
    expect((await exec('alice', namespace, 'echo', 'later')).stdout).toBe('later\n');
    await achieves('the whole story', async () => expect(eventsOf(name).at(-1)).toBe('used'), PATIENCE_MS);

    const events = eventsOf(name);
    expect(new Set(events).size).toBe(events.length);
    const ids = receiver.received.map(({ headers }) => headers['webhook-id']);
    expect(new Set(ids).size).toBe(ids.length);
    const messages = mailsOf(name, 'sre@example.com').map(({ text }) => /^Message-ID: (.*)$/m.exec(text)?.[1]);
    expect(new Set(messages).size).toBe(messages.length);
  });

  test('once, though Sallyport is killed again and again while it tells', async () => {
    const names: string[] = [];
    for (let round = 0; round < 3; round += 1) {
      const { name } = deniedRequest(await exec('alice', namespace, 'echo', `killed-${round}`));
      names.push(name);
      await delay(round * 150);
      await server.kill();
      await server.start();
    }
    for (const name of names) {
      // A killed leader leaves its lease behind.
      await achieves(
        `the receiver to be told of ${name}`,
        async () => expect(eventsOf(name)).toContain('asked'),
        PATIENCE_MS,
      );
      await achieves(
        'Notified to be True',
        async () => expect((await notified(name))?.status).toBe('True'),
        PATIENCE_MS,
      );
      expect((await request(namespace, name)).status?.state).toBe('Pending');
      // What came twice has one id, by which a receiver drops it.
      const ids = receiver.received
        .filter(({ body }) => body.includes(`"type":"dev.sallyport.request.asked","subject":"${namespace}/${name}"`))
        .map(({ headers }) => headers['webhook-id']);
      expect(new Set(ids).size).toBe(1);
    }
  });
});
