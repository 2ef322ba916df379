import { type IncomingMessage, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { text } from 'node:stream/consumers';

export interface Page {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
  readonly url: string;
}

export interface AskOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** A browser as far as sign-ins go: it keeps cookies by host and port, and follows redirects when it is told to. */
export class HttpBrowser {
  readonly cookies = new Map<string, Map<string, string>>();
  readonly #ca: string | undefined;

  constructor(ca?: string) {
    this.#ca = ca;
  }

  cookiesOf(url: string): Map<string, string> {
    const { host } = new URL(url);
    const jar = this.cookies.get(host) ?? new Map<string, string>();
    this.cookies.set(host, jar);
    return jar;
  }

  /** One request; a redirect is an answer like others. */
  async ask(url: string, { method = 'GET', headers = {}, body }: AskOptions = {}): Promise<Page> {
    const jar = this.cookiesOf(url);
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const options = {
      method,
      agent: false as const,
      headers: { ...(cookie === '' ? {} : { cookie }), ...headers },
      ...(this.#ca === undefined ? {} : { ca: this.#ca }),
    };
    const request = (url.startsWith('https:') ? httpsRequest : httpRequest)(url, options, resolve);
    request.on('error', reject);
    request.end(body);
    const response = await promise;
    for (const set of response.headers['set-cookie'] ?? []) {
      const [pair = ''] = set.split(';');
      const at = pair.indexOf('=');
      if (/max-age=0(;|$)/i.test(set) || at === pair.length - 1) jar.delete(pair.slice(0, at));
      else jar.set(pair.slice(0, at), pair.slice(at + 1));
    }
    return { status: response.statusCode ?? 0, headers: response.headers, text: await text(response), url };
  }

  /** Follows redirects to the end, or until one leads to `until`. */
  async follow(url: string, until: (url: string) => boolean = () => false): Promise<Page> {
    let page = await this.ask(url);
    for (let hops = 0; hops < 10; hops += 1) {
      const { location } = page.headers;
      if (location === undefined) return page;
      const next = new URL(location, page.url).href;
      if (until(next)) return { ...page, url: next };
      page = await this.ask(next);
    }
    throw new Error(`${url} redirects without an end`);
  }

  /** To the provider and as far as its way back: the URL of the callback, which was not asked. */
  async wayBack(console: string, login: string, to = '/'): Promise<string> {
    const form = await this.follow(`${console}/login?to=${encodeURIComponent(to)}`);
    const posted = await this.ask(form.url, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ login }).toString(),
    });
    const back = await this.follow(new URL(posted.headers.location ?? '', form.url).href, (next) =>
      next.startsWith(`${console}/callback`),
    );
    return back.url;
  }

  /** Signs in; returns the answer of the callback. */
  async signIn(console: string, login: string, to = '/'): Promise<Page> {
    return await this.ask(await this.wayBack(console, login, to));
  }

  /** A POST as the page sends it. */
  async post(
    console: string,
    path: string,
    body: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Page> {
    const me = JSON.parse((await this.ask(`${console}/api/v1/me`)).text) as { csrfToken?: string };
    return await this.ask(`${console}${path}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        origin: new URL(console).origin,
        'sec-fetch-site': 'same-origin',
        'x-csrf-token': me.csrfToken ?? '',
        ...headers,
      },
      body: JSON.stringify(body),
    });
  }
}
