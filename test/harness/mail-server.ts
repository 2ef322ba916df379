import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';
import type { Tls } from './scripted-api-server.ts';

export interface ReceivedMail {
  readonly recipients: readonly string[];
  /** As it came: headers and body. */
  readonly text: string;
  readonly wasSecure: boolean;
}

export interface MailServerOptions {
  readonly tls?: Tls;
  readonly user?: { readonly name: string; password: string };
  readonly port?: number;
}

/** A real SMTP server of this machine. */
export interface MailServer extends AsyncDisposable {
  readonly port: number;
  readonly mails: ReceivedMail[];
  /** What the next recipients are answered, by address: 450, 550. */
  readonly refusals: Map<string, number[]>;
}

export async function startMailServer({ tls, user, port = 0 }: MailServerOptions = {}): Promise<MailServer> {
  const mails: ReceivedMail[] = [];
  const refusals = new Map<string, number[]>();
  const server = new SMTPServer({
    ...(tls === undefined ? { disabledCommands: ['STARTTLS'] } : { cert: tls.cert, key: tls.key }),
    authOptional: user === undefined,
    allowInsecureAuth: false,
    onAuth: ({ username, password }, _session, callback) => {
      if (username === user?.name && password === user?.password) callback(null, { user: username });
      else callback(Object.assign(new Error(`no: ${password}`), { responseCode: 535 }));
    },
    onRcptTo: ({ address }, _session, callback) => {
      const code = refusals.get(address)?.shift();
      if (code === undefined) callback();
      else callback(Object.assign(new Error('not now'), { responseCode: code }));
    },
    onData: (stream, session, callback) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const recipients = session.envelope.rcptTo.map(({ address }) => address);
        mails.push({ recipients, text: Buffer.concat(chunks).toString(), wasSecure: session.secure });
        callback();
      });
    },
  });
  server.on('error', () => {});
  server.listen(port, '127.0.0.1');
  await once(server.server, 'listening');
  return {
    port: (server.server.address() as AddressInfo).port,
    mails,
    refusals,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}
