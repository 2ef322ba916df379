/** Under these each follower keeps its cursor beside the ledger, and retention looks for it. */
export const ARCHIVE_CURSOR = 'archive';
export const DETECTORS_CURSOR = 'detectors';

/** @param name of a sink of the configuration */
export function sinkCursor(name: string): string {
  return `sink-${name}`;
}
