import { describe, expect, it } from 'vitest';
import { delivery, hostileDelivery, LINK } from '../../../test/builders/delivery.ts';
import { startMailServer } from '../../../test/harness/mail-server.ts';
import { testCertificates } from '../../../test/harness/test-certificates.ts';
import { Secret } from '../../platform/telemetry/redact.ts';
import { DeliveryDelayedError, DeliveryRefusedError } from '../channel.ts';
import { createEmailChannel, type EmailOptions } from './create-email-channel.ts';

const NEVER = new AbortController().signal;
const [tls] = testCertificates('nobody');

function channelTo(port: number, options: Partial<EmailOptions> = {}) {
  return createEmailChannel({
    host: '127.0.0.1',
    port,
    tls: 'StartTls',
    ca: () => Promise.resolve(tls.ca),
    from: 'Sallyport <sallyport@example.com>',
    timeoutMs: 5_000,
    ...options,
  });
}

/** Quoted-printable as it reads. */
const plain = (mail: string | undefined) =>
  (mail ?? '')
    .replaceAll('=\r\n', '')
    .replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));

describe('a mail', () => {
  it('says what and why, links to the request once in each form, and that no link votes', async () => {
    await using server = await startMailServer({ tls, user: { name: 'sp', password: 'right' } });
    const channel = channelTo(server.port, { login: { user: 'sp', password: async () => new Secret('right') } });
    const told = delivery({ destination: 'sre@example.com' }, { spec: { reason: 'INC-7: look' } });
    const { handle } = await channel.deliver(told, NEVER);
    const [mail] = server.mails;
    expect(mail).toMatchObject({ recipients: ['sre@example.com'], wasSecure: true });
    const text = plain(mail?.text);
    expect(text).toContain('Subject: [Sallyport] alice wants to exec in prod/web-0\r\n');
    expect(text).toContain('Reason: INC-7: look');
    expect(text).toContain('ls "/a b"');
    expect(text).toContain('No link in this message approves or denies anything.');
    expect(text.split(LINK)).toHaveLength(3);
    expect(text).toContain(`Message-ID: ${handle}`);
    expect(text).toContain('Auto-Submitted: auto-generated');
  });

  it('is one thread for one request, and has the same id at each attempt', async () => {
    await using server = await startMailServer({ tls });
    const channel = channelTo(server.port);
    const { handle } = await channel.deliver(delivery({ destination: 'a@example.com' }), NEVER);
    const later = delivery({
      destination: 'a@example.com',
      id: 'f'.repeat(32),
      occasions: ['Approved'],
      ...(handle === undefined ? {} : { handle }),
    });
    await channel.deliver(later, NEVER);
    await channel.deliver(later, NEVER);
    const [, second, third] = server.mails.map(({ text }) => text);
    expect(second).toContain(`In-Reply-To: ${handle}`);
    expect(second).toContain('Subject: Re: [Sallyport] alice wants');
    expect(/Message-ID: .*/.exec(second ?? '')?.[0]).toBe(/Message-ID: .*/.exec(third ?? '')?.[0]);
  });

  it('does not tell its recipients of each other', async () => {
    await using server = await startMailServer({ tls });
    await channelTo(server.port).deliver(delivery({ destination: 'a@example.com,b@example.com' }), NEVER);
    expect(server.mails[0]?.recipients).toEqual(['a@example.com', 'b@example.com']);
    expect(server.mails[0]?.text).not.toContain('a@example.com');
    expect(server.mails[0]?.text).not.toContain('b@example.com');
  });

  it('is not begun when it was called off while its files were read', async () => {
    await using server = await startMailServer({ tls });
    const stop = new AbortController();
    const ca = async () => {
      stop.abort();
      return tls.ca;
    };
    const told = channelTo(server.port, { ca }).deliver(delivery({ destination: 'a@example.com' }), stop.signal);
    await expect(told).rejects.toThrow(new DeliveryDelayedError('interrupted'));
    expect(server.mails).toEqual([]);
  });

  it('goes again to those alone who were greylisted', async () => {
    await using server = await startMailServer({ tls });
    server.refusals.set('b@example.com', [450]);
    const channel = channelTo(server.port);
    const told = delivery({ destination: 'a@example.com,b@example.com' });
    await expect(channel.deliver(told, NEVER)).rejects.toThrow(DeliveryDelayedError);
    await channel.deliver(told, NEVER);
    expect(server.mails.map(({ recipients }) => recipients)).toEqual([['a@example.com'], ['b@example.com']]);
  });

  it.each([
    [450, DeliveryDelayedError],
    [550, DeliveryRefusedError],
  ])('answered with %i', async (code, error) => {
    await using server = await startMailServer({ tls });
    server.refusals.set('a@example.com', [code]);
    await expect(channelTo(server.port).deliver(delivery({ destination: 'a@example.com' }), NEVER)).rejects.toThrow(
      error,
    );
  });

  it('never goes over a connection without TLS, nor to a server that is not trusted', async () => {
    await using open = await startMailServer();
    await expect(channelTo(open.port).deliver(delivery({ destination: 'a@example.com' }), NEVER)).rejects.toThrow(
      DeliveryDelayedError,
    );
    expect(open.mails).toEqual([]);
    await using strange = await startMailServer({ tls });
    const untrusting = createEmailChannel({
      host: '127.0.0.1',
      port: strange.port,
      tls: 'StartTls',
      from: 'a@b.example',
      timeoutMs: 5_000,
    });
    await expect(untrusting.deliver(delivery({ destination: 'a@example.com' }), NEVER)).rejects.toThrow(
      DeliveryDelayedError,
    );
    expect(strange.mails).toEqual([]);
  });

  it('with a wrong password is delayed, says nothing of it, and goes with the one that is right later', async () => {
    await using server = await startMailServer({ tls, user: { name: 'sp', password: 'right' } });
    let password = 'wrong-one';
    const channel = channelTo(server.port, { login: { user: 'sp', password: async () => new Secret(password) } });
    const failed = await channel
      .deliver(delivery({ destination: 'a@example.com' }), NEVER)
      .catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(DeliveryDelayedError);
    expect(String(failed)).not.toContain('wrong-one');
    password = 'right';
    await channel.deliver(delivery({ destination: 'a@example.com' }), NEVER);
    expect(server.mails).toHaveLength(1);
  });

  it('has no header, no mark-up and no recipient of a hostile requester', async () => {
    await using server = await startMailServer({ tls });
    await channelTo(server.port).deliver(hostileDelivery({ destination: 'a@example.com' }), NEVER);
    const [mail] = server.mails;
    expect(mail?.recipients).toEqual(['a@example.com']);
    const [headers = ''] = (mail?.text ?? '').split('\r\n\r\n');
    expect(headers).not.toMatch(/^Bcc:/im);
    const html = plain(mail?.text).split('text/html')[1] ?? '';
    expect(html).toContain('&lt;script&gt;');
    expect(html).not.toMatch(/<script|<img|<at>|onerror=alert\(1\)>/);
  });
});
