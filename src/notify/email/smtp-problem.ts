import { printable } from '../../core/attributes/printable.ts';
import { cut } from '../../core/api/cut.ts';

/** Of what a mail server says, the beginning. */
const TEXT_LIMIT = 200;

export interface SmtpProblem {
  readonly text: string;
  /** Whether it may go later: RFC 5321 §4.2.1, 4yz are transient. */
  readonly isLater: boolean;
}

/**
 * What a failed delivery means. A login that does not work is mended by who looks after the mail server, and is tried again;
 * nothing of it is shown, for servers quote what they were given.
 */
export function smtpProblem(error: unknown): SmtpProblem {
  const { code, responseCode, response } = error as { code?: unknown; responseCode?: unknown; response?: unknown };
  if (code === 'EAUTH') return { text: 'the mail server does not accept the login', isLater: true };
  if (code === 'ETLS') return { text: 'the mail server does not speak TLS as it should', isLater: true };
  if (typeof responseCode !== 'number') {
    const why = typeof code === 'string' ? code : 'unknown';
    return { text: `the mail server cannot be reached (${why})`, isLater: true };
  }
  const said = typeof response === 'string' ? printable(cut(response, TEXT_LIMIT)) : String(responseCode);
  return { text: `the mail server answered ${said}`, isLater: responseCode < 500 };
}
