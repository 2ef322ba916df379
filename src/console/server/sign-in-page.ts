import type { Response } from 'express';

/** The page where signing in went wrong; it needs no script. The texts are ours, and escaped all the same. */
export function sendSignInPage(response: Response, status: 403 | 429 | 503, title: string, text: string): void {
  if (status !== 403) response.setHeader('Retry-After', '5');
  // Whoever was refused is signed in at the provider still: it would send the same account back at once.
  const refused = status === 403 ? [{ to: '/login?as=another', text: 'Sign in as somebody else' }] : [];
  sendTextPage(response, { status, title, text, links: [...refused, { to: '/login', text: 'Try again' }] });
}

export interface TextPage {
  readonly status: number;
  readonly title: string;
  readonly text: string;
  readonly links: readonly { readonly to: string; readonly text: string }[];
}

/** A page of the server's own, where that of the console is of no use. */
export function sendTextPage(response: Response, { status, title, text, links }: TextPage): void {
  const ways = links.map((link) => `<p><a href="${escaped(link.to)}">${escaped(link.text)}</a></p>`).join('');
  response
    .status(status)
    .type('html')
    .send(
      `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escaped(title)} · Sallyport</title><link rel="stylesheet" href="${TEXT_PAGE_STYLE.path}"></head><body><main><h1>${escaped(title)}</h1><p>${escaped(text)}</p>${ways}</main></body></html>`,
    );
}

/** Of these pages alone, so that they need nothing that was built. No style may stand in a page (security-headers.ts). */
export const TEXT_PAGE_STYLE = {
  path: '/text-page.css',
  css: `:root { color-scheme: light dark; }
body { margin: 0; font: 1rem/1.5 system-ui, sans-serif; }
main { max-width: 34rem; margin: 18vh auto 0; padding: 0 1rem; }
h1 { font-size: 1.5rem; }
`,
};

function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
