/** Kubernetes writes most of its times in whole seconds. */
const WHOLE_SECONDS = /T\d{2}:\d{2}:\d{2}(?:\.0+)?Z$/;

const WITHIN_MS = 999;

/**
 * Where a record stands among others of the same story, in milliseconds: of what is known to the second alone, the ledger
 * tells when it was heard of. A request is not told before the refusal that opened it.
 *
 * @param at when it happened
 * @param written when it came into the ledger
 */
export function storyTime(at: string, written: string): number {
  const happened = Date.parse(at);
  if (Number.isNaN(happened)) return 0;
  const heard = Date.parse(written);
  if (!WHOLE_SECONDS.test(at) || Number.isNaN(heard)) return happened;
  return Math.min(Math.max(happened, heard), happened + WITHIN_MS);
}
