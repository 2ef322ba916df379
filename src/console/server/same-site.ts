import type { Request } from 'express';
import type { ApiProblem } from '../api.ts';
import { CSRF_HEADER } from '../api.ts';
import { type CookieBox, equalTexts } from './cookie-box.ts';
import type { Session } from './sessions.ts';

/**
 * Whether a POST comes from a page of ours, by three things that a page of another site cannot make true: its origin
 * (RFC 6454), what the browser says of the site (Fetch Metadata), and the token of the session (OWASP CSRF cheat sheet).
 * A client that is no browser says the origin too.
 *
 * @returns why not
 */
export function crossSiteProblem(
  request: Request,
  session: Session,
  origin: string,
  box: CookieBox,
): ApiProblem | undefined {
  const site = request.headers['sec-fetch-site'];
  if (request.headers.origin !== origin || (site !== undefined && site !== 'same-origin')) return FOREIGN;
  const given = request.get(CSRF_HEADER) ?? '';
  return equalTexts(given, box.csrfToken(session.id)) ? undefined : NO_TOKEN;
}

const FOREIGN: ApiProblem = { code: 'CrossSite', message: 'this was not sent by a page of the console' };
const NO_TOKEN: ApiProblem = {
  code: 'CrossSite',
  message: `the header ${CSRF_HEADER} is not that of your session; load the page again`,
};
