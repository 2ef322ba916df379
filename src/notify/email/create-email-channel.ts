import { createTransport } from 'nodemailer';
import type { Secret } from '../../platform/telemetry/redact.ts';
import { type Announcer, type Channel, DeliveryDelayedError, DeliveryRefusedError } from '../channel.ts';
import { alarmMail, type Mail, requestMail } from './mail-text.ts';
import { smtpProblem } from './smtp-problem.ts';

export interface EmailOptions {
  readonly host: string;
  readonly port: number;
  /** None: of a relay on this machine. */
  readonly tls: 'StartTls' | 'Implicit' | 'None';
  /** PEM of the authority of the server, where it is not a public one; read anew each time. */
  readonly ca?: () => Promise<string>;
  /** The password is read anew each time: it may be rotated. */
  readonly login?: { readonly user: string; readonly password: () => Promise<Secret<string>> };
  readonly from: string;
  readonly timeoutMs: number;
}

/** Providers take a few dozen a minute from one sender; it is for each destination. */
const INTERVAL_MS = 1_000;

/** Deliveries of which some recipients have their mail already, while others are greylisted. */
const PARTLY_LIMIT = 1_000;

/**
 * A mail for each occasion. Recipients do not learn of each other: they stand in the envelope, not in the mail. What
 * happened with some of them only is remembered, so that the others are tried again alone.
 */
export function createEmailChannel(options: EmailOptions): Channel & Announcer {
  const partly = new Map<string, Set<string>>();
  return {
    kind: 'Email',
    updates: false,
    intervalMs: INTERVAL_MS,
    deliver: async (delivery, signal) => {
      const have = partly.get(delivery.id) ?? new Set();
      const recipients = delivery.destination.split(',').filter((address) => !have.has(address));
      const id = messageId(delivery, options.from);
      const root = delivery.handle ?? id;
      if (recipients.length === 0) return { handle: root };
      const mail = { ...requestMail(delivery), id, root, to: 'Approvers:;' };
      const { accepted, delayed, refused } = await send(mail, recipients, options, signal);
      if (delayed !== undefined) {
        if (partly.size >= PARTLY_LIMIT) partly.clear();
        partly.set(delivery.id, new Set([...have, ...accepted]));
        throw new DeliveryDelayedError(delayed);
      }
      partly.delete(delivery.id);
      if (accepted.length === 0 && have.size === 0)
        throw new DeliveryRefusedError(refused ?? 'no recipient was accepted');
      return { handle: root };
    },
    announce: async (announcement, signal) => {
      const id = messageId(announcement, options.from);
      const mail = { ...alarmMail(announcement.notice), id, root: id, to: announcement.destination };
      const { delayed, refused } = await send(mail, [announcement.destination], options, signal);
      if (delayed !== undefined) throw new DeliveryDelayedError(delayed);
      if (refused !== undefined) throw new DeliveryRefusedError(refused);
    },
  };
}

interface Letter extends Mail {
  /** Its Message-ID, and that of the first of its thread. */
  readonly id: string;
  readonly root: string;
  readonly to: string;
}

interface Sent {
  readonly accepted: readonly string[];
  /** What the server says of those that it takes later. */
  readonly delayed: string | undefined;
  readonly refused: string | undefined;
}

/** What the library says of a mail that was taken. */
interface SentInfo {
  readonly accepted: readonly (string | { readonly address: string })[];
  readonly rejectedErrors?: readonly Error[];
}

async function send(
  { id, root, to, subject, text, html }: Letter,
  recipients: readonly string[],
  options: EmailOptions,
  signal: AbortSignal,
): Promise<Sent> {
  const { host, port, tls, from, timeoutMs } = options;
  const ca = await caOf(options);
  const transport = createTransport({
    host,
    port,
    secure: tls === 'Implicit',
    requireTLS: tls === 'StartTls',
    ignoreTLS: tls === 'None',
    tls: { rejectUnauthorized: true, ...(ca === undefined ? {} : { ca }) },
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    dnsTimeout: timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
    ...(await authOf(options)),
  });
  const abandoned = Promise.withResolvers<never>();
  const abandon = () => abandoned.reject(new DeliveryDelayedError('interrupted'));
  signal.addEventListener('abort', abandon, { once: true });
  try {
    // A signal that was given while the files were read is given no more.
    if (signal.aborted) throw new DeliveryDelayedError('interrupted');
    const sent = transport.sendMail({
      envelope: { from: addressOf(from), to: [...recipients] },
      from,
      to,
      subject,
      text,
      html,
      messageId: id,
      ...(root === id ? {} : { inReplyTo: root, references: root }),
      headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
    });
    const info: SentInfo = await Promise.race([sent, abandoned.promise]);
    const problems = (info.rejectedErrors ?? []).map(smtpProblem);
    return {
      accepted: info.accepted.map((each) => (typeof each === 'string' ? each : each.address)),
      delayed: problems.find(({ isLater }) => isLater)?.text,
      refused: problems.find(({ isLater }) => !isLater)?.text,
    };
  } catch (error) {
    if (error instanceof DeliveryDelayedError) throw error;
    // Of all recipients refused, one that is taken later is enough to try again.
    const problems = ((error as Partial<SentInfo>).rejectedErrors ?? [error]).map(smtpProblem);
    const problem = problems.find(({ isLater }) => isLater) ?? smtpProblem(error);
    if (problem.isLater) throw new DeliveryDelayedError(problem.text, undefined, { cause: error });
    throw new DeliveryRefusedError(problem.text, { cause: error });
  } finally {
    signal.removeEventListener('abort', abandon);
    transport.close();
  }
}

async function caOf({ ca }: EmailOptions): Promise<string | undefined> {
  return await ca?.().catch((error: unknown) => {
    throw new DeliveryDelayedError('the file with the authority cannot be read', undefined, { cause: error });
  });
}

async function authOf({ login }: EmailOptions): Promise<{ auth?: { user: string; pass: string } }> {
  if (login === undefined) return {};
  const password = await login.password().catch((error: unknown) => {
    throw new DeliveryDelayedError('the file with the password cannot be read', undefined, { cause: error });
  });
  return { auth: { user: login.user, pass: password.reveal() } };
}

/** RFC 5322 §3.6.4: the same for each attempt of the same mail, so that mail servers and programs drop the second. */
function messageId({ id }: { readonly id: string }, from: string): string {
  return `<${id}.sallyport@${addressOf(from).split('@')[1] ?? 'localhost'}>`;
}

/** `Sallyport <a@b.c>` is `a@b.c`. */
function addressOf(from: string): string {
  return /<([^<>]+)>\s*$/.exec(from)?.[1] ?? from;
}
