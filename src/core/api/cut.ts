/** The first `limit` UTF-16 units of a text, never half a character: RFC 8785 and UTF-8 have no form for that. */
export function cut(text: string, limit: number): string {
  const short = text.slice(0, limit);
  return short.isWellFormed() ? short : short.slice(0, -1).toWellFormed();
}
