/** `2026-11-21 19:43:06 UTC`: in one zone, so that readers in two places read the same; undefined for no timestamp. */
export function utcText(timestamp: string): string | undefined {
  const at = Date.parse(timestamp);
  return Number.isNaN(at) ? undefined : `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}
