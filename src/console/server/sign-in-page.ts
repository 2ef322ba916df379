import type { Response } from 'express';

/** The page where signing in went wrong; it needs no script and no style. The texts are ours, and escaped all the same. */
export function sendSignInPage(response: Response, status: 403 | 429 | 503, title: string, text: string): void {
  if (status !== 403) response.setHeader('Retry-After', '5');
  response
    .status(status)
    .type('html')
    .send(
      `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escaped(title)} · Sallyport</title></head><body><main><h1>${escaped(title)}</h1><p>${escaped(text)}</p><p><a href="/login">Sign in again</a></p></main></body></html>`,
    );
}

function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
